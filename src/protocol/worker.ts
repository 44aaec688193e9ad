/**
 * Everything that is said between a DINO Lab process that shows (the extension host) and one that works (its child).
 * Carried by vscode-jsonrpc over the child's IPC channel; typed arrays travel as they are (advanced serialization).
 * Pure types and request names: neither side's code.
 */
import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import type { Activations } from '../attention/activations.js';
import type { PatchColors, PatchFeatures } from '../attention/patchFeatures.js';
import type { QueriesAndKeys } from '../attention/queriesAndKeys.js';
import type { AugmentationSpec } from '../data/batch.js';
import type { ImageReference } from '../data/keptImages.js';
import type { Box } from '../data/resample.js';
import type { Crops } from './previews.js';

/** The child's first word. */
export interface Ready {
  /** Of DINO Lab: both sides are of one version, whose messages they know. */
  readonly version: string;
  readonly pid: number;
  readonly node: string;
}
export const ready = new NotificationType<Ready>('ready');

export interface TrainRequest {
  /** The folder of images, or an IDX file. */
  readonly data: string;
  /** Run directory to make, or to go on with when `resume`. */
  readonly run: string;
  readonly name?: string;
  readonly preset?: string;
  readonly configFile?: string;
  /** What VS Code's settings say of new runs; the config file wins over it. */
  readonly editor?: {
    readonly scope: 'folder' | 'workspace' | 'user';
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** Settings by their config key; these win over the file and the preset. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The weights that a new run starts from; absent: random ones. */
  readonly init?: InitRequest;
  readonly resume: boolean;
  readonly maxSteps?: number;
}
export interface InitRequest {
  /** Whatever holds a network: imported weights, a checkpoint, a file of another program. */
  readonly path: string;
  /** Whether the projection head comes with the backbone; absent: a new one. */
  readonly head?: 'new' | 'kept';
}
export type TrainEnd =
  /** `checkpoint`: where the run goes on; absent when it was stopped before it had one. */
  | { readonly reason: 'finished' | 'stopped' | 'max-steps'; readonly step: number; readonly checkpoint?: string }
  | { readonly reason: 'failed'; readonly step: number; readonly message: string };
/** Answered when the run ends, whatever the reason. Failures of the run are answers, not errors. */
export const train = new RequestType<TrainRequest, TrainEnd, void>('train');

/** Finish the step, save, end; before the first step: end. */
export const stop = new RequestType0<void, void>('stop');

/** `computing teacher`: its outputs, before the first step, to be on disk. */
export type TrainPhase = 'reading data' | 'computing teacher' | 'compiling' | 'training' | 'saving' | 'ended';
export interface TrainProgress {
  readonly phase: TrainPhase;
  /** How long it has been in this phase. */
  readonly phaseSeconds?: number;
  readonly step: number;
  readonly totalSteps: number;
  /** Fractional. */
  readonly epoch: number;
  readonly epochs: number;
  readonly loss?: number;
  readonly imagesPerSecond?: number;
  readonly etaSeconds?: number;
  readonly engine?: string;
  /** While the teacher is computed: batches. */
  readonly teacher?: { readonly computed: number; readonly of: number };
}
/** At most ten a second. The full record is the run's metrics.jsonl. */
export const progress = new NotificationType<TrainProgress>('progress');

export interface SurveyAnswer {
  /** Images found. */
  readonly images: number;
  /** Median width and height in pixels of a few of them, when any of these can be read. */
  readonly medianSize?: { readonly width: number; readonly height: number };
  /** Name of the preset that suits them. */
  readonly preset: string;
  /** What lies in the folder and is not read, as `4 .heic files, 2 .svg files`; absent when nothing was left out. */
  readonly leftOut?: string;
}
/** What lies in a folder of images, or in an IDX file, and which preset suits it. */
export const survey = new RequestType<{ readonly data: string }, SurveyAnswer, void>('survey');

export type { ImageReference };

export interface AttentionRequest {
  /** A run, a checkpoint folder, or a file of weights. */
  readonly checkpoint: string;
  readonly image: ImageReference;
  /** The part of the image that is looked at, in its pixels; absent: all of it. */
  readonly region?: Box;
  /**
   * Side in pixels that the image is resized to (both sides become multiples of the patch size); `fine`: as large as is answered soon;
   * absent: the model's own.
   */
  readonly resolution?: number | 'fine';
  /** Longest side in pixels of the image in the answer, which keeps its shape; absent: the answer has it as the network sees it. */
  readonly shownSide?: number;
  /** The network's attention heads, for a file that does not tell. A network without attention has no use for it. */
  readonly numHeads?: number;
  /** From 0; absent: the last one. Of a network without attention the last stage is shown in any case. */
  readonly block?: number;
}
/** The image that a network sees, and the network. */
export interface SeenImage {
  /** 8-bit RGB, [height, width, 3]: all that the network sees, so that a Vision Transformer's patches cover it. */
  readonly image: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Size in pixels in which the network sees it. */
  readonly seen: { readonly width: number; readonly height: number };
  /** Of the image (or its region) before it was resized. */
  readonly original: { readonly width: number; readonly height: number };
  /** Side in pixels that it was resized to, before a Vision Transformer cut it to whole patches. */
  readonly resolution: number;
  readonly checkpointName: string;
  /** Of those that the checkpoint holds, e.g. `teacher`; absent where there is nothing to tell it from. */
  readonly network?: string;
  /** What was decided for the person about the weights: one sentence each. */
  readonly notes: readonly string[];
  readonly step?: number;
}
export interface AttentionAnswer extends SeenImage, QueriesAndKeys {
  readonly kind: 'attention';
  readonly block: number;
  /** How many the network has. */
  readonly blocks: number;
}
/** What a network without attention has instead: a ResNet's last stage. */
export interface ActivationsAnswer extends SeenImage, Activations {
  readonly kind: 'activations';
}
export type InsightAnswer = AttentionAnswer | ActivationsAnswer;
/** A question that is cancelled before its turn costs nothing. */
export const attention = new RequestType<AttentionRequest, InsightAnswer, void>('attention');

export interface PatchesRequest extends Omit<AttentionRequest, 'image' | 'region' | 'block'> {
  /** At least one. Their colors are of one set of principal components. */
  readonly images: readonly Pick<AttentionRequest, 'image' | 'region'>[];
}
export interface ImagePatches extends SeenImage, PatchFeatures, PatchColors {}
export interface PatchesAnswer {
  /** In the order that they were asked for. */
  readonly images: readonly ImagePatches[];
  /** The share of all patches' variance that the first component has. */
  readonly explained: number;
  /** False where foreground and background could not be told apart: then all patches count as foreground. */
  readonly isParted: boolean;
}
/** The patch features of images by one network, and their colors. Of an image whose attention was asked for the network computes nothing. */
export const patches = new RequestType<PatchesRequest, PatchesAnswer, void>('patches');

export interface GlanceAnswer {
  readonly kind: InsightAnswer['kind'];
  /** PNG: the image, and over it the mean of the heads' attention of the CLS token, or the norms of the activations; side by side. */
  readonly png: Uint8Array;
  readonly checkpointName: string;
}
/** The same, small and drawn, for where no page can draw it. */
export const attentionGlance = new RequestType<AttentionRequest, GlanceAnswer, void>('attentionGlance');

export interface ImageRequest {
  readonly image: ImageReference;
  /** 3 for color, 1 for gray, as the crops will have. */
  readonly channels: number;
}
export interface ImageAnswer {
  /** Pixels that crops are cut from. */
  readonly width: number;
  readonly height: number;
  /** The same reduced for the screen: 8-bit RGB, [height, width, 3]. */
  readonly shown: { readonly width: number; readonly height: number; readonly pixels: Uint8Array };
}
/** What crops are cut from. */
export const image = new RequestType<ImageRequest, ImageAnswer, void>('image');

export interface CropsRequest {
  readonly image: ImageReference;
  readonly augmentation: AugmentationSpec;
  readonly seed: number;
  readonly epoch: number;
}
export interface CropsAnswer {
  /** Of the image that the boxes lie in. */
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Two global crops, then the local ones. */
  readonly records: Crops['records'];
  /** 8-bit, [size, size, channels] of each crop, one after the other. */
  readonly pixels: Uint8ClampedArray;
}
/** The crops that training makes of an image in an epoch. A file of its own counts as the first image of a data set. */
export const crops = new RequestType<CropsRequest, CropsAnswer, void>('crops');

export interface MasksRequest {
  /** Of DINOv2, by their keys. */
  readonly settings: {
    readonly seed: number;
    readonly batch_size: number;
    readonly gradient_accumulation_steps: number;
    readonly image_size: number;
    readonly patch_size: number;
    readonly mask_sample_probability: number;
    readonly mask_ratio_min_max: [number, number];
  };
  /** Made steps before the one whose masks are asked for. */
  readonly step: number;
}
export interface MasksAnswer {
  /** Patches of a global crop; 0 where no crop is masked. */
  readonly rows: number;
  readonly columns: number;
  /** [images, 2, rows, columns], 1 where a patch is masked. */
  readonly masks: Uint8Array;
}
/** The masks that training draws for the global crops of a step's batch. */
export const masks = new RequestType<MasksRequest, MasksAnswer, void>('masks');

export interface BatchImagesRequest {
  readonly data: string;
  /** Of the data set that the run was started with. */
  readonly fingerprint: string;
  readonly seed: number;
  readonly epoch: number;
  /** Position of the batch in its epoch, from 0. */
  readonly iteration: number;
  readonly batchSize: number;
  /** Of a fine-tuning: its settings, by which some images are held out. */
  readonly fineTuning?: {
    readonly seed: number;
    readonly held_out: number;
    readonly finetune_labels: string;
  };
}
export interface BatchImagesAnswer {
  readonly images: readonly { readonly index: number; readonly name: string }[];
}
/** Which images are in a batch of a run. */
export const batchImages = new RequestType<BatchImagesRequest, BatchImagesAnswer, void>('batchImages');

export interface InstallRequest {
  /** With NVIDIA's libraries. */
  readonly gpu: boolean;
}
export interface InstallAnswer {
  /** TensorFlow's version. */
  readonly tensorflow: string;
  readonly gpu: boolean;
  /** Whether it has found a GPU. */
  readonly usesGpu: boolean;
  readonly directory: string;
}
/** Installs TensorFlow into the storage folder; it can be cancelled. */
export const installTensorFlow = new RequestType<InstallRequest, InstallAnswer, void>('installTensorFlow');

export interface InstallProgress {
  readonly text: string;
  /** In bytes, with `total`. */
  readonly done?: number;
  readonly total?: number;
}
/** At most ten a second. */
export const installProgress = new NotificationType<InstallProgress>('installProgress');

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const log = new NotificationType<{ readonly level: LogLevel; readonly message: string }>('log');
