import { describe, expect, it } from 'vitest';
import { pageAnswer } from '../../../src/host/pageAnswer.js';
import { answerSchema } from '../../../src/protocol/attentionPanel.js';
import type { InsightAnswer } from '../../../src/protocol/worker.js';
import { lookOf, mapsOf } from '../../../webview/shared/look.js';

const image = {
  rows: 1,
  columns: 2,
  image: Uint8Array.of(1, 2, 3, 4, 5, 6),
  width: 2,
  height: 1,
  seen: { width: 4, height: 2 },
  original: { width: 20, height: 10 },
  resolution: 2,
  checkpointName: 'flowers, step 3 (teacher)',
  notes: [],
};
// A view into a larger buffer, of which only its own part is told.
const part = (...values: readonly number[]) => new Float32Array([9, ...values, 9]).subarray(1, 1 + values.length);
const activations: InsightAnswer = { ...image, kind: 'activations', channels: 2, activations: part(3, 0, 4, 1) };
/** Two heads, one wide: the first attends to all alike. */
const attention: InsightAnswer = {
  ...image,
  kind: 'attention',
  block: 0,
  blocks: 1,
  heads: 2,
  registers: 0,
  queries: part(0, 0, 0, 1, 2, 3),
  keys: part(0, 0, 0, 0, 0, 5),
};

const received = (answer: InsightAnswer) => lookOf(answerSchema.parse(structuredClone(pageAnswer(answer))));

describe('What the host answers', () => {
  it('arrives at the page as it was', () => {
    const { resolution: _, notes: __, ...told } = activations;
    expect(received(activations)).toEqual(told);
    expect(received(attention)).toMatchObject({ kind: 'attention', queries: attention.queries, keys: attention.keys });
  });

  it('is drawn without attention as norms, or as the similarity to a place, which is the same for every head', () => {
    const look = received(activations);
    expect(mapsOf(look, undefined)('mean')).toMatchObject({ values: Float32Array.of(5, 1), image: image.image });
    const [own = 0, other = 0] = mapsOf(look, 0)(7).values;
    expect(own).toBeCloseTo(1, 6);
    expect(other).toBeCloseTo(0.8, 6);
  });

  it('is drawn with attention head by head, and as the mean for a head that there is not', () => {
    const maps = mapsOf(received(attention), undefined);
    expect(maps(0).values[0]).toBeCloseTo(1 / 3, 6);
    expect(maps(1).values[1]).toBeGreaterThan(0.9);
    expect(maps(2).values).toEqual(maps('mean').values);
    expect(mapsOf(received(attention), 0)(1).values).not.toEqual(maps(1).values);
  });

  it('is drawn with the attention of a register, where the network has it and nothing is pointed at', () => {
    const look = lookOf(
      answerSchema.parse(
        structuredClone(
          pageAnswer({
            ...{ ...attention, heads: 1, registers: 1 },
            queries: part(0, 1, 0, 0),
            keys: part(0, 0, Math.log(2), Math.log(5)),
          }),
        ),
      ),
    );
    const values = (place?: number, register?: number) => [...mapsOf(look, place, register)('mean').values];
    expect(values(undefined, 0)[1]).toBeCloseTo(5 / 9, 6);
    expect(values()).not.toEqual(values(undefined, 0));
    expect(values(undefined, 1)).toEqual(values());
    expect(values(1, 0)).toEqual(values(1));
  });
});
