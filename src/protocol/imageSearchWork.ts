/** What is said between the extension host and its child about images that are like others. Carried as `worker.ts` says. */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ImageReference } from '../data/keptImages.js';
import type { Box } from '../data/resample.js';
import type { Link } from '../linkage/linkage.js';

/** Among which images, by which network. */
export interface SearchedReference {
  /** The folder of images, or an IDX file. */
  readonly data: string;
  readonly checkpoint: string;
  /** The network's attention heads, for a file that does not tell. */
  readonly numHeads?: number;
}
interface SearchRequest {
  /** Names the work in its progress. */
  readonly id: number;
  readonly of: SearchedReference;
  /** Whether the images may have changed since they were last asked about. */
  readonly isStale: boolean;
}
interface SearchAnswer {
  /** Names the images' state, to ask for them. */
  readonly stamp: string;
  /** The folder that names are below; absent for an IDX file. */
  readonly folder?: string;
  /** Images that are compared, and how many of them had to be computed. */
  readonly images: number;
  readonly computed: number;
  /** One sentence each. */
  readonly notes: readonly string[];
  /** One sentence for each image that cannot be read; a few of them, and how many there are. */
  readonly unreadable: { readonly count: number; readonly examples: readonly string[] };
  readonly checkpointName: string;
}

/** An image, or a part of it, in its pixels. */
export interface QueryImage {
  readonly image: ImageReference;
  readonly region?: Box;
}
export interface SimilarRequest extends SearchRequest {
  readonly query: QueryImage;
  /** At most. */
  readonly k: number;
}
interface SimilarImage {
  /** Index in the data set. */
  readonly index: number;
  readonly name: string;
  /** 1 less the cosine of the features. */
  readonly distance: number;
}
export interface SimilarAnswer extends SearchAnswer {
  /** The nearest first. */
  readonly found: readonly SimilarImage[];
  /** Whether some of the nearest may be missing. */
  readonly isApproximate: boolean;
}
/** The images that are most like one; the query itself is not among them. It can be cancelled. */
export const findSimilar = new RequestType<SimilarRequest, SimilarAnswer, void>('findSimilar');

export interface CopiesRequest extends SearchRequest {
  /** Links below it are left out. */
  readonly least: number;
}
export interface CopiesAnswer extends SearchAnswer {
  /** Of all images that are in a link: index in the data set, and name. */
  readonly linked: readonly { readonly index: number; readonly name: string }[];
  /** Of a maximum spanning forest, by places in `linked`. */
  readonly links: readonly Link[];
}
/** What tells the groups of near-duplicates at every threshold. It can be cancelled. */
export const findCopies = new RequestType<CopiesRequest, CopiesAnswer, void>('findCopies');

export interface SearchProgress {
  readonly id: number;
  readonly done: number;
  readonly total: number;
  /** Of what, such as `features of /images`. */
  readonly of: string;
}
/** At most ten a second. */
export const searchProgress = new NotificationType<SearchProgress>('searchProgress');

export interface SearchedImagesRequest {
  readonly data: string;
  readonly stamp: string;
  /** Indices in the data set. */
  readonly images: readonly number[];
  /** Longest side in pixels. */
  readonly side: number;
}
export interface SearchedImage {
  /** As shown: 8-bit RGB, [height, width, 3]. */
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** As it is. */
  readonly original: { readonly width: number; readonly height: number };
  /** Of its file, if it has one: bytes, and milliseconds since 1970. */
  readonly bytes?: number;
  readonly modified?: number;
}
/** Images in their own shape; one sentence for one that cannot be read. */
export const searchedImages = new RequestType<
  SearchedImagesRequest,
  { readonly images: readonly (SearchedImage | string)[] },
  void
>('searchedImages');
