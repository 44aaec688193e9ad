/** What becomes of labels between pixels and patches, in facebookresearch/dino's eval_video_segmentation.py. */
import { interpolateBilinear } from '../../data/bilinear.js';
import { resizeNearest, type Size } from '../nearest.js';
import type { Grid } from './propagate.js';

/**
 * Each label's map stretched to 0..1 by itself, where its maximum is above 0 (`norm_mask`). A map that is constant and positive becomes NaN.
 * @param maps [labels, values]; changed in place
 */
export function stretch(maps: Float32Array, labels: number): void {
  const size = maps.length / labels;
  for (let label = 0; label < labels; label++) {
    const map = maps.subarray(label * size, (label + 1) * size);
    const most = map.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
    if (!(most > 0)) continue;
    const least = map.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
    for (let i = 0; i < size; i++) map[i] = ((map[i] as number) - least) / Math.fround(most - least);
  }
}

/** The label of each value: the first of the largest; NaN is larger than all, as PyTorch has it. @param maps [labels, values] */
export function labelOfEach(maps: Float32Array, labels: number): Uint8Array {
  const size = maps.length / labels;
  return Uint8Array.from({ length: size }, (_, i) => {
    let chosen = 0;
    for (let label = 1; label < labels; label++) {
      const [value, most] = [maps[label * size + i] as number, maps[chosen * size + i] as number];
      if (value > most || (Number.isNaN(value) && !Number.isNaN(most))) chosen = label;
    }
    return chosen;
  });
}

/**
 * A label for each pixel of a frame.
 * @param soft [labels, rows * columns]
 * @param to the frame's own size
 */
export function maskOf(soft: Float32Array, { rows, columns }: Grid, patchSize: number, to: Size): Uint8Array {
  const labels = soft.length / (rows * columns);
  const size = { height: rows * patchSize, width: columns * patchSize };
  const maps = interpolateBilinear({ data: soft, planes: labels, height: rows, width: columns }, size);
  stretch(maps, labels);
  return resizeNearest(labelOfEach(maps, labels), size, to);
}

/**
 * 1 where a patch has a label, [labels, patches] (`to_one_hot`). There are as many as the largest label that the patches still have: those
 * above, which vanished, are lost.
 */
export function oneHot(labels: Uint8Array): Float32Array {
  const count = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  const result = new Float32Array(count * labels.length);
  labels.forEach((label, patch) => {
    result[label * labels.length + patch] = 1;
  });
  return result;
}
