/** Replays descriptors of images. */
import { normalize } from '../../../../src/data/normalize.js';
import type { Engine } from '../../../../src/engines/engine.js';
import { copyDescriptors } from '../../../../src/evaluation/copies/gem.js';
import { tokensProgram } from '../../../../src/method/backbones/vit/programs.js';
import { type Difference, relative } from '../../difference.js';
import type { CopiesReference } from './reference.js';

const LIMITS = { image: 2e-5, descriptor: 2e-5 };

export function* imageDifferences({ images, inputs }: CopiesReference): Generator<Difference> {
  for (const name of images) {
    const wanted = inputs.get(`image_${name}`);
    const [batch, channels, height, width] = wanted.shape as [number, number, number, number];
    const pixels = new Uint8ClampedArray(inputs.get(`pixels_${name}`).data);
    const size = channels * height * width;
    const data = new Float32Array(wanted.data.length);
    for (let i = 0; i < batch; i++)
      normalize(pixels.subarray(i * size, (i + 1) * size), channels, height * width, data, i * size);
    yield relative(`image_${name}`, { ...wanted, data }, wanted, LIMITS.image);
  }
}

export async function* descriptors(engine: Engine, reference: CopiesReference): AsyncGenerator<Difference> {
  const { images, inputs, outputs, vit } = reference;
  for (const name of images) {
    const given = inputs.get(`image_${name}`);
    const [batch, , height, width] = given.shape as [number, number, number, number];
    const made = await vit.run(engine, tokensProgram(vit.spec, { batch, height, width }), { images: given });
    const data = copyDescriptors({
      cls: made('cls').data as Float32Array,
      patches: made('patches').data as Float32Array,
      dim: vit.spec.embedDim,
    });
    const wanted = outputs.get(`descriptor_${name}`);
    yield relative(`descriptor_${name}`, { shape: wanted.shape, dtype: 'float32', data }, wanted, LIMITS.descriptor);
  }
}

export const descriptorsCount = ({ images }: CopiesReference): number => images.length;
