/** Replays how frames and annotations are read. */

import { resizeNearest } from '../../../../src/evaluation/nearest.js';
import { frameInput, frameSize, originalAnnotationSize } from '../../../../src/evaluation/video/frames.js';
import { oneHot } from '../../../../src/evaluation/video/labelMaps.js';
import { type Difference, exact, largestOf } from '../../difference.js';
import type { VideoReference } from './reference.js';

/** One step of a byte: OpenCV computes in whole numbers. */
const BYTE = 0.018;

export function* reading({ expected, inputs, outputs }: VideoReference): Generator<Difference> {
  for (const [name, { short_side, patch, frame_size, segmentation_shape }] of Object.entries(expected.read)) {
    const { shape, data } = inputs.get(`frame_pixels_${name}`);
    const [height, width] = shape as [number, number];
    const to = frameSize({ height, width }, short_side);
    yield exact(`size of frame ${name}`, [to.height, to.width].join() === frame_size.join());
    const frame = frameInput({ height, width, channels: 3, data: Uint8Array.from(data) }, to);
    yield largestOf(`frame_${name}`, frame, outputs.get(`frame_${name}`).data, BYTE);
    const annotation = originalAnnotationSize({ height, width }, short_side);
    const grid = { height: Math.floor(annotation.height / patch), width: Math.floor(annotation.width / patch) };
    const labels = resizeNearest(Uint8Array.from(inputs.get(`annotation_${name}`).data), { height, width }, grid);
    const wanted = outputs.get(`segmentation_${name}`).data;
    yield exact(
      `segmentation_${name}`,
      wanted.every((label, i) => label === labels[i]),
    );
    const count = oneHot(labels).length / labels.length;
    const ours = [1, count, grid.height, grid.width];
    yield exact(`shape of segmentation ${name}`, ours.join() === segmentation_shape.join());
  }
}

export const readingCount = ({ expected }: VideoReference): number => 4 * Object.keys(expected.read).length;
