/** Replays masks of attention that is given. */
import { attentionMask } from '../../../../src/attention/attentionMask.js';
import { type Difference, exact } from '../../difference.js';
import type { SegmentationReference } from './reference.js';

/** Of a mask, one head: the same patches, or, where equal values are divided by whim, as many. */
export function* givenMasks({ given, inputs, outputs }: SegmentationReference): Generator<Difference> {
  const { shape, data } = inputs.get('given_attention');
  const [heads, rows, columns] = shape as [number, number, number];
  const patches = rows * columns;
  for (const [keep, { patches_kept }] of Object.entries(given)) {
    const ours = attentionMask(data as Float32Array, heads, Number(keep));
    for (let head = 0; head < heads; head++) {
      const part = <T extends { subarray(begin: number, end: number): T }>(all: T) =>
        all.subarray(head * patches, (head + 1) * patches);
      const wanted = part(outputs.get(`given_mask${keep}`).data as Int32Array);
      const mask = part(ours);
      const attention = part(data as Float32Array);
      const isDefined = Number(keep) < 1 && !dividesEqualValues(attention, wanted);
      const kept = mask.reduce((sum, value) => sum + value, 0);
      yield exact(`given ${keep}, head ${head}: number of patches`, kept === patches_kept[head]);
      if (isDefined)
        yield exact(
          `given ${keep}, head ${head}: mask`,
          wanted.every((value, i) => value === mask[i]),
        );
    }
  }
}

export const givenMasksCount = (reference: SegmentationReference): number => [...givenMasks(reference)].length;

function dividesEqualValues(attention: Float32Array, mask: Int32Array): boolean {
  const kept = new Set(attention.filter((_, patch) => mask[patch] === 1));
  return attention.some((value, patch) => mask[patch] === 0 && kept.has(value));
}
