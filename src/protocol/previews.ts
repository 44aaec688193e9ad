/** What the host and the page that previews crops say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import type { Thumbnails, ThumbnailsQuestion } from './thumbnails.js';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'previews/ready' };

const ordered = ([least, most]: readonly [number, number]) => least <= most;
const share = z.number().gt(0).max(1);
const radius = z.number().gt(0).max(100);
const side = z.int().min(1).max(4096);
/** The settings that decide about crops and their masks, by their keys in a config file. */
export const cropSettingsSchema = z.object({
  global_crops_scale: z.tuple([share, share]).refine(ordered),
  image_size: side,
  local_crops_number: z.int().min(0).max(64),
  local_crops_scale: z.tuple([share, share]).refine(ordered),
  local_size: side,
  blur_radius: z.tuple([radius, radius]).refine(ordered),
  jitter_strength: z.number().min(0).max(5),
  solarize_probability: z.number().min(0).max(1),
  mask_sample_probability: z.number().min(0).max(1),
  mask_ratio_min_max: z.tuple([share, share]).refine(ordered),
});
export type CropSettings = z.output<typeof cropSettingsSchema>;
export const cropChangeSchema = cropSettingsSchema.partial();
export type CropChange = z.output<typeof cropChangeSchema>;

/** Whose crops are shown: an image's, as some settings would make them, or a run's. What VS Code gives back after a reload. */
const shownSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('image'), path: z.string() }),
  z.object({ kind: z.literal('run'), dir: z.string() }),
]);
export type Shown = z.output<typeof shownSchema>;

export const previewsStateSchema = z.object({
  shown: shownSchema,
  /** Id of where the settings are from. */
  source: z.string(),
});

export const subjectSchema = z.object({
  shown: shownSchema,
  title: z.string(),
  /** Where settings can be taken from: presets and config files, or the run. */
  sources: z.array(z.object({ id: z.string(), label: z.string() })),
  source: z.string(),
  settings: cropSettingsSchema,
  /** Sides of crops are multiples of it: the patch size, or 1 where the network has no patches. */
  sizeStep: z.int().min(1),
  /** What masks are for: none are drawn, the student does not see the patches, or it sees all and is compared at these. */
  masks: z.enum(['none', 'hidden', 'compared']),
  /** One, or those of the batch, in its order; empty when there is a problem. */
  images: z.array(z.object({ index: z.int().min(0), name: z.string() })),
  /** The batch that the images are of. */
  batch: z
    .object({
      /** From 1: the step that trains on it. */
      step: z.int().min(1),
      epoch: z.int().min(0),
      /** From 0. */
      iteration: z.int().min(0),
      batchesPerEpoch: z.int().min(1),
      /** The run is at it. */
      isLive: z.boolean(),
    })
    .optional(),
  problem: z.string().optional(),
});
export type Subject = z.output<typeof subjectSchema>;
/** What is shown has changed. */
export const subject: NotificationType<Subject> = { method: 'previews/subject' };

/** Takes the settings from another of the sources; the new subject is sent. */
export const chooseSource: NotificationType<string> = { method: 'previews/chooseSource' };
export const sourceSchema = z.string();

/** Whether the subject moves on with the batches of a live run. */
export const follow: NotificationType<boolean> = { method: 'previews/follow' };
export const followSchema = z.boolean();

const buffer = z.instanceof(ArrayBuffer);
const count = z.int().min(0);

/** Index of one of the subject's images. */
export const imageQuestionSchema = z.object({ image: count });
export const imageSchema = z.object({
  width: z.int().min(1),
  height: z.int().min(1),
  /** Uint8Array, RGB, [height, width, 3]. */
  pixels: buffer,
});
/** The image, reduced for the screen. Rejected with a sentence. */
export const askImage: RequestType<z.output<typeof imageQuestionSchema>, z.output<typeof imageSchema>> = {
  method: 'previews/image',
};

/** Those of the subject's images that are to be seen side by side. Rejected with a sentence. */
export const askThumbnails: RequestType<ThumbnailsQuestion, Thumbnails> = { method: 'previews/thumbnails' };

export const cropsQuestionSchema = z.object({
  image: count,
  settings: cropSettingsSchema,
  /** Of the batch; for an image that is in no training, any: each gives other crops. */
  epoch: count,
});
export type CropsQuestion = z.output<typeof cropsQuestionSchema>;

const recordSchema = z.object({
  kind: z.enum(['global', 'local', 'single']),
  size: z.int().min(1),
  box: z.object({ left: count, top: count, width: z.int().min(1), height: z.int().min(1) }),
  flipped: z.boolean(),
  jitter: z
    .object({
      order: z.array(z.enum(['brightness', 'contrast', 'saturation', 'hue'])).readonly(),
      brightness: z.number(),
      contrast: z.number(),
      saturation: z.number(),
      hue: z.number(),
    })
    .optional(),
  gray: z.boolean(),
  blurRadius: z.number().optional(),
  solarized: z.boolean(),
});
export const cropsSchema = z.object({
  /** Of the image that the boxes lie in. */
  width: z.int().min(1),
  height: z.int().min(1),
  channels: z.int().min(1).max(3),
  /** Two global crops, then the local ones. */
  records: z.array(recordSchema).readonly(),
  /** Uint8Array, [size, size, channels] of each crop, one after the other. */
  pixels: buffer,
});
export type Crops = z.output<typeof cropsSchema>;
/** Rejected with a sentence. */
export const askCrops: RequestType<CropsQuestion, Crops> = { method: 'previews/crops' };

export const masksQuestionSchema = z.object({
  settings: cropSettingsSchema,
  /** Made steps before it. For an image that is in no training, any: each gives other masks, and the image is the first of its batch. */
  step: count,
});
export type MasksQuestion = z.output<typeof masksQuestionSchema>;
export const masksSchema = z.object({
  batchSize: z.int().min(1),
  /** Patches of a global crop; 0 where no crop is masked. */
  rows: count,
  columns: count,
  /** Uint8Array, [batchSize, 2, rows, columns], 1 where a patch is masked. */
  masks: buffer,
});
export type Masks = z.output<typeof masksSchema>;
/** The masks of a batch's global crops. Rejected with a sentence, when no block fits. */
export const askMasks: RequestType<MasksQuestion, Masks> = { method: 'previews/masks' };

/** Index of a crop that was answered last; absent: the whole image. */
export const cropReferenceSchema = z.object({ crop: count.optional() });
/** Opens what the network attends to in a crop, or in the image. */
export const showAttention: NotificationType<z.output<typeof cropReferenceSchema>> = {
  method: 'previews/showAttention',
};

/** Writes the settings into a config file that the person chooses; answers whether one was written. Rejected with a sentence. */
export const useSettings: RequestType<CropSettings, boolean> = { method: 'previews/use' };
export const usedSchema = z.boolean();
