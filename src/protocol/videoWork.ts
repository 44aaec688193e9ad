/** What is said between the extension host and its child about videos that are segmented. Carried as `worker.ts` says. */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { SearchedImage } from './imageSearchWork.js';

/** A video as a folder of frames. */
export interface Video {
  readonly name: string;
  /** Paths, in order. */
  readonly frames: readonly string[];
  /** Masks of each frame, or of the first alone; none: it is not known what is to be followed. */
  readonly annotations: readonly string[];
}

/** The videos of a folder: several in the layout of DAVIS. */
export const videosIn = new RequestType<
  { readonly path: string; readonly mask?: string },
  { readonly videos: readonly Video[] },
  void
>('videosIn');

export interface SegmentVideoRequest {
  /** Names the work in what is said of it. */
  readonly id: number;
  readonly video: Video;
  readonly checkpoint: string;
  /** The network's attention heads, for a file that does not tell. */
  readonly numHeads?: number;
  /** Pixels of the shorter side of a frame, as the network sees it. */
  readonly shortSide: number;
}

/** Of an object, from 0 to 1. */
interface ObjectScore {
  readonly region: number;
  readonly contour: number;
}

export interface SegmentedFrame {
  readonly id: number;
  readonly index: number;
  /** A PNG of labels with a palette, as large as the frame. */
  readonly mask: Uint8Array;
  /** Of each object; absent where there is no truth. */
  readonly scores?: readonly ObjectScore[];
}
/** As soon as it is known, in order. */
export const segmentedFrame = new NotificationType<SegmentedFrame>('segmentedFrame');

export interface SegmentVideoAnswer {
  readonly checkpointName: string;
  /** One sentence each. */
  readonly notes: readonly string[];
  /** J and F of DAVIS, without the first and the last frame; absent where there is no truth. */
  readonly whole?: ObjectScore;
}
/** It can be cancelled. */
export const segmentVideo = new RequestType<SegmentVideoRequest, SegmentVideoAnswer, void>('segmentVideo');

/** Frames as they are shown; one sentence for one that cannot be read. */
export const frameImages = new RequestType<
  { readonly paths: readonly string[]; readonly side: number },
  { readonly images: readonly (SearchedImage | string)[] },
  void
>('frameImages');
