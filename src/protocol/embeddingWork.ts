/** What is said between the extension host and its child about the embedding of images. Carried as `worker.ts` says. */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ProjectionMethod } from './projection.js';

/** Whose features by which network. */
export interface EmbeddingReference {
  /** The folder of images, or an IDX file. */
  readonly data: string;
  readonly checkpoint: string;
  /** The network's attention heads, for a file that does not tell. */
  readonly numHeads?: number;
  /** Of more images than that, so many are taken, evenly spread. */
  readonly mostImages: number;
}
/** `id` names the work in its progress. */
export interface EmbedRequest {
  readonly id: number;
  readonly of: EmbeddingReference;
}
/** An embedding that was made: `of` the images in the state that its answer names. */
export interface KnownRequest {
  readonly id: number;
  readonly of: KnownReference;
}
export type KnownReference = EmbeddingReference & { readonly stamp: string };
export interface EmbedAnswer {
  /** Names the images' state: another one after one was added, removed or written again. */
  readonly stamp: string;
  /** Of each image, in the order of all that follows: its path below the folder, or its place in the IDX file. */
  readonly names: readonly string[];
  /** Index in the data set of each. */
  readonly images: Int32Array;
  /** Index in `classes` of each, -1: none. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** The folder that the names are below; absent for an IDX file. */
  readonly folder?: string;
  /** Images in the data set. */
  readonly found: number;
  /** What was decided to open it, such as which folders are the classes; sentences without their full stops. */
  readonly notes: readonly string[];
  /** One sentence for each image that cannot be read; a few of them, and how many there are. */
  readonly unreadable: { readonly count: number; readonly examples: readonly string[] };
  readonly dim: number;
  /** All features are the same. */
  readonly isUniform: boolean;
  readonly checkpointName: string;
  readonly step?: number;
}
/** Features of images, which stay in this process for what is asked about them next. It can be cancelled. */
export const embed = new RequestType<EmbedRequest, EmbedAnswer, void>('embed');

export interface ProjectRequest extends KnownRequest {
  readonly method: ProjectionMethod;
  readonly seed: number;
  /** Where the images are by another checkpoint, [images, 2]: they stay near. */
  readonly from?: Float32Array;
}
export interface ProjectAnswer {
  /** [images, 2] */
  readonly layout: Float32Array;
}
/** Lays features out in the plane. It can be cancelled. */
export const project = new RequestType<ProjectRequest, ProjectAnswer, void>('project');

export type EmbeddingProgress =
  | { readonly id: number; readonly phase: 'features' | 'neighbors'; readonly done: number; readonly total: number }
  | {
      readonly id: number;
      readonly phase: 'projecting';
      readonly done: number;
      readonly total: number;
      /** The points as they are now, [images, 2]. */
      readonly layout: Float32Array;
    };
/** At most ten a second. */
export const embeddingProgress = new NotificationType<EmbeddingProgress>('embeddingProgress');

/** Holds a projection, or lets it go on. */
export const holdProjection = new NotificationType<{ readonly id: number; readonly isHeld: boolean }>('holdProjection');

export interface NearestRequest extends KnownRequest {
  /** Place of the image in the embedding. */
  readonly image: number;
  readonly k: number;
}
export interface NearestAnswer {
  /** Places of the images with the most similar features, the most similar first. */
  readonly images: Int32Array;
  /** Cosines of the angles between the features. */
  readonly similarities: Float32Array;
}
export const nearest = new RequestType<NearestRequest, NearestAnswer, void>('nearest');

export interface PredictRequest extends KnownRequest {
  /** Class of each image, -1: none. */
  readonly labels: Int32Array;
}
/** The class that each image's nearest neighbors (not itself) vote for, -1: none of them has one. */
export const predict = new RequestType<PredictRequest, { readonly predicted: Int32Array; readonly k: number }, void>(
  'predict',
);

export interface ThumbnailsRequest {
  readonly data: string;
  /** The state of the images that the indices are of; absent: any that is known. */
  readonly stamp?: string;
  /** Indices in the data set. */
  readonly images: Int32Array;
  /** In pixels. */
  readonly side: number;
}
export interface ThumbnailsAnswer {
  /** RGB, [images, side, side, 3]. */
  readonly pixels: Uint8Array;
  readonly unreadable: readonly string[];
}
/** Central squares of images; one that cannot be read is gray and named. */
export const thumbnails = new RequestType<ThumbnailsRequest, ThumbnailsAnswer, void>('thumbnails');

export interface TableRequest {
  /** A table of text: CSV, TSV or the like. */
  readonly file: string;
  readonly names: readonly string[];
  /** The folder that the names are below, if they are files. */
  readonly folder?: string;
  /** What the person says of tables: the setting `dino.tables` as it stands. The rest is detected. */
  readonly said: unknown;
}
/** How many, and a few of them. */
export interface TableExamples {
  readonly count: number;
  readonly examples: readonly string[];
}
export interface TableAnswer {
  /** Without the one that names the images. */
  readonly columns: readonly string[];
  /** The column that names the images. */
  readonly nameColumn: string;
  /** Its place among all columns, from 0. */
  readonly namePlace: number;
  readonly lines: number;
  /** Images that have a line. */
  readonly matched: number;
  /** Encoding and separator, as they were detected. */
  readonly form: string;
  /** The line that names the columns, if one does. */
  readonly headerLine?: number;
  /** Images whose line names another folder than theirs. */
  readonly elsewhere: TableExamples;
  /** Images without a value. */
  readonly missing: TableExamples;
  /** Names in the table that no image has. */
  readonly unknown: TableExamples;
  /** Names that fit several images, and images that several names fit: they get no value. */
  readonly ambiguous: TableExamples;
  /** Images with several lines, of which the first counts. */
  readonly repeated: TableExamples;
}
/** What a table says about images. */
export const openTable = new RequestType<TableRequest, TableAnswer, void>('openTable');

/** The values of a column for each image; '' where the table has none. */
export const readColumn = new RequestType<
  TableRequest & { readonly nameColumn: string; readonly column: string },
  { readonly values: readonly string[] },
  void
>('readColumn');

/** Something about each image: a column of a table that is written. */
export interface ImageColumn {
  readonly name: string;
  /** One an image. */
  readonly values: readonly string[];
}
export interface WriteProjectorRequest extends KnownRequest {
  readonly folder: string;
  /** Beside the images' names. */
  readonly columns: readonly ImageColumn[];
}
/** Writes the files of TensorFlow's Embedding Projector. */
export const writeProjector = new RequestType<WriteProjectorRequest, { readonly files: readonly string[] }, void>(
  'writeProjector',
);
