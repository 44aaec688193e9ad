/** How several devices, or several calls on one, make one step: each has some of its images, and what all must agree on is averaged over them. */
import type * as tf from '@tensorflow/tfjs-core';
import { composite } from './composite.js';
import type { Program } from './program.js';

/** See `Program.sharing`. */
export interface Sharing {
  /** How many devices there are. */
  readonly replicas: number;
  /** What each of them runs: the program for its share of the images. Its state is the program's own, alike on all of them. */
  readonly part: Program;
  /**
   * The inputs that hold something for each image, [groups, images, ...] in row-major order, by their number of groups: a device gets
   * [groups, images / replicas, ...]. All other inputs go to every device as they are.
   */
  readonly groups: Readonly<Record<string, number>>;
}

/** See `Program.divisible`. */
export interface Divisible {
  /** That a call is given. */
  readonly images: number;
  /** How many numbers a layer makes of the largest view of an image. */
  readonly layerSize: number;
  /** The program for so many equal parts of the images, which divide them: here a replica is a part, computed by itself. */
  into(parts: number): Sharing;
}

/** Name of the op in a traced graph. */
export const REPLICA_MEAN = 'ReplicaMean';

const mean = composite<{ x: tf.Tensor }, Record<string, never>>(REPLICA_MEAN, ({ x }) => [x]);

/** The mean of this tensor over all devices that run the part; a device by itself has it already. */
export const meanOverReplicas = <T extends tf.Tensor>(x: T): T => mean({ x }, {})[0] as T;
