/** Replays descriptors of images at several sizes. */
import type { Planes } from '../../../../src/data/bilinear.js';
import type { Engine } from '../../../../src/engines/engine.js';
import { atScale, multiScaleDescriptor, SCALES } from '../../../../src/evaluation/retrieval/multiScale.js';
import { patchesPerSide } from '../../../../src/method/backbones/vit/spec.js';
import { featuresProgram } from '../../../../src/method/features.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, relative } from '../../difference.js';
import type { RetrievalReference } from './reference.js';

/** As the folder's README has them. */
const LIMITS = { resized: 2e-5, descriptor: 2e-5 };

/** The images of a name, one by one. */
function imagesOf({ inputs }: RetrievalReference, name: string): Planes[] {
  const { shape, data } = inputs.get(`image_${name}`);
  const [batch, planes, height, width] = shape as [number, number, number, number];
  const size = planes * height * width;
  return Array.from({ length: batch }, (_, i) => ({
    planes,
    height,
    width,
    data: data.subarray(i * size, (i + 1) * size),
  }));
}

/** Sizes in pixels and patches, and the first image at each scale. */
export function* resized(reference: RetrievalReference): Generator<Difference> {
  const { expected, outputs, vit } = reference;
  for (const [name, wanted] of Object.entries(expected.multi_scale)) {
    const [first] = imagesOf(reference, name);
    for (const [index, { scale, pixels, patches }] of wanted.entries()) {
      const ours = first && atScale(first, SCALES[index] ?? Number.NaN);
      if (ours === undefined) throw new Error(`image_${name} has no images`);
      const sides = [ours.height, ours.width];
      const grid = sides.map((side) => patchesPerSide(vit.spec, side));
      const isEqual = [...sides, ...grid].join() === [...pixels, ...patches].join();
      const words = `${sides.join(' x ')} pixels, ${grid.join(' x ')} patches`;
      yield exact(`size of ${name} at ${scale}`, isEqual, isEqual ? undefined : words);
      if (index > 0) {
        const quantity = `resized${scale}_${name}`;
        const actual: HostTensor = { shape: [], dtype: 'float32', data: ours.data };
        yield relative(quantity, actual, outputs.get(quantity), LIMITS.resized);
      }
    }
  }
}

export const resizedCount = ({ expected }: RetrievalReference): number =>
  Object.values(expected.multi_scale).reduce((sum, scales) => sum + 2 * scales.length - 1, 0);

/** Features at each scale and what is made of them, of single images and of a batch. */
export async function* multiScale(engine: Engine, reference: RetrievalReference): AsyncGenerator<Difference> {
  const { expected, outputs, vit } = reference;
  const check = (quantity: string, data: Float32Array) => {
    const actual: HostTensor = { shape: [], dtype: 'float32', data };
    return relative(quantity, actual, outputs.get(quantity), LIMITS.descriptor);
  };
  for (const [name, scales] of Object.entries(expected.multi_scale)) {
    const images = imagesOf(reference, name);
    const features: Float32Array[] = [];
    for (const [index, { scale }] of scales.entries()) {
      const scaled = images.map((image) => atScale(image, SCALES[index] ?? Number.NaN));
      const { height, width, planes } = scaled[0] as (typeof scaled)[number];
      const data = new Float32Array(images.length * planes * height * width);
      for (const [i, image] of scaled.entries()) data.set(image.data, i * image.data.length);
      const program = featuresProgram(vit.spec, { batch: images.length, height, width });
      const made = await vit.run(engine, program, {
        images: { shape: [images.length, planes, height, width], dtype: 'float32', data },
      });
      features.push(made('cls').data as Float32Array);
      yield check(`scale${scale}_${name}`, made('cls').data as Float32Array);
    }
    const { embedDim } = vit.spec;
    const single = images.flatMap((_, i) => [
      ...multiScaleDescriptor(features.map((values) => values.subarray(i * embedDim, (i + 1) * embedDim))),
    ]);
    yield check(`multi_scale_${name}`, Float32Array.from(single));
    yield check(`multi_scale_as_one_batch_${name}`, multiScaleDescriptor(features));
  }
}

export const multiScaleCount = ({ expected }: RetrievalReference): number =>
  Object.values(expected.multi_scale).reduce((sum, scales) => sum + scales.length + 2, 0);
