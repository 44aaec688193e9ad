/** What the plot shows: points, how each looks, and the part of them that is in view. */
import { type Point, type View, WHOLE } from '../shared/view.js';
import type { ClusterMarks } from './clusterMarks.js';
import { type Placement, toScreen } from './geometry.js';
import { type Covered, NOTHING_COVERED, roomOf } from './room.js';
import { Look } from './scatter.js';
import type { ThumbnailLevels } from './thumbnailLevels.js';

export interface PlotScene {
  /** [n, 2], fitted. */
  positions: Float32Array<ArrayBuffer>;
  /** RGB, [n, 3]. */
  colors: Uint8Array;
  /** Of `Look`, [n]. */
  looks: Uint8Array;
  /** 1: the pointer and the keys find it, [n]. */
  found: Uint8Array;
  selected: ReadonlySet<number>;
  /** The one that is looked at, and those that are joined to it by lines. */
  pinned: number | undefined;
  neighbors: readonly number[];
  pointed: number | undefined;
  marks: ClusterMarks;
  levels: ThumbnailLevels | undefined;
  hasThumbnails: boolean;
  view: View;
  /** What lies over the plot at the top left, as of the last time that all of it was shown. */
  covered: Covered;
  /** What lies over it now. */
  floating: Covered;
  width: number;
  height: number;
  /** A lasso or a box that is being drawn, in pixels. */
  outline: readonly Point[] | undefined;
}

const MARGIN = 0.92;

/** All of the plot lies in its room, until one zooms in. */
export function placementOf(scene: PlotScene): Placement {
  const { left, top } = roomOf(scene, scene.covered);
  const { width, height, view } = scene;
  return {
    scale: (Math.min(width - left, height - top) / 2) * MARGIN * view.k,
    centerX: ((left + width) / 2) * view.k + view.x * width,
    centerY: ((top + height) / 2) * view.k + view.y * height,
  };
}

/** Few points are drawn large, many small; closer ones larger. */
export const pointSizeOf = ({ positions, view }: PlotScene): number =>
  Math.max(3, Math.min(12, 90 / Math.sqrt(positions.length / 2 + 1))) * Math.min(2, view.k ** 0.25) + 1;

export const isSeen = ({ looks }: PlotScene, image: number): boolean => (looks[image] ?? Look.hidden) !== Look.hidden;

export const isFound = ({ found }: PlotScene, image: number): boolean => found[image] === 1;

/** All that are found. */
export const foundIn = ({ found }: PlotScene): Int32Array<ArrayBuffer> => {
  const images: number[] = [];
  found.forEach((isOne, image) => {
    if (isOne === 1) images.push(image);
  });
  return Int32Array.from(images);
};

/** One that is there, is seen, and is not gone with another set of images. */
export const isThere = (scene: PlotScene, image: number | undefined): image is number =>
  image !== undefined && 2 * image < scene.positions.length && isSeen(scene, image);

export const placeOf = (scene: PlotScene, image: number): Point => toScreen(scene.positions, image, placementOf(scene));

export const emptyScene = (): PlotScene => ({
  positions: new Float32Array(),
  colors: new Uint8Array(),
  looks: new Uint8Array(),
  found: new Uint8Array(),
  selected: new Set(),
  pinned: undefined,
  neighbors: [],
  pointed: undefined,
  marks: { names: [], images: [] },
  levels: undefined,
  hasThumbnails: true,
  view: WHOLE,
  covered: NOTHING_COVERED,
  floating: NOTHING_COVERED,
  width: 1,
  height: 1,
  outline: undefined,
});
