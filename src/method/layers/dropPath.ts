import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { HostTensor } from '../../program/program.js';
import { partStream, stepStream } from '../stepStream.js';

/**
 * What each residual branch is multiplied by in one step: [depth, 2, samples], 0 where the branch is dropped and 1 / keep
 * elsewhere. The rate grows linearly from 0 in the first block to `rate` in the last; each sample and branch is drawn by
 * itself (vision_transformer.py, `drop_path`). A function of (seed, step) alone, so that a resumed run drops the same.
 *
 * @param step the number of the step within the run, from 0
 */
export function dropPathScales(
  seed: number,
  step: number,
  { depth, rate, samples }: { readonly depth: number; readonly rate: number; readonly samples: number },
): HostTensor & { readonly data: Float32Array } {
  const generator = stepStream(seed, step);
  const data = new Float32Array(depth * 2 * samples);
  for (let block = 0; block < depth; block++) {
    const keep = 1 - (depth === 1 ? 0 : (rate * block) / (depth - 1));
    for (let i = 0; i < 2 * samples; i++) {
      const drawn = (generator.next() >>> 0) / 2 ** 32;
      data[block * 2 * samples + i] = drawn < keep ? 1 / keep : 0;
    }
  }
  return { shape: [depth, 2, samples], dtype: 'float32', data };
}

/** How many of the crops of one size a branch is computed for (block.py of dinov2, `drop_add_residual_stochastic_depth`). */
export const keptOf = (samples: number, rate: number): number => Math.max(1, Math.trunc(samples * (1 - rate)));

/**
 * The samples that each branch is computed for in one step, [depth, 2, kept, samples] with a single 1 in each row: drawn anew for each
 * branch of each block. A function of (seed, step, part) alone.
 *
 * @param part tells apart what is drawn in the same step: sizes of crops, calls
 */
export function keptSamples(
  seed: number,
  step: number,
  part: number,
  { depth, rate, samples }: { readonly depth: number; readonly rate: number; readonly samples: number },
): Float32Array {
  const generator = partStream('samples', seed, step, part);
  const kept = keptOf(samples, rate);
  const data = new Float32Array(depth * 2 * kept * samples);
  for (let branch = 0; branch < 2 * depth; branch++) {
    const order = Array.from({ length: samples }, (_, sample) => sample);
    for (let row = 0; row < kept; row++) {
      const chosen = uniformInt(generator, row, samples - 1);
      const sample = order[chosen] as number;
      order[chosen] = order[row] as number;
      order[row] = sample;
      data[(branch * kept + row) * samples + sample] = 1;
    }
  }
  return data;
}
