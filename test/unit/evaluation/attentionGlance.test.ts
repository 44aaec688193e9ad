/** What a hover shows of an image: two pictures side by side that take about as much room whatever its shape. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { glance } from '../../../src/evaluation/attentionGlance.js';
import type { AttentionModels } from '../../../src/evaluation/attentionModels.js';
import type { InsightAnswer } from '../../../src/protocol/worker.js';

/** Of gray images that a network saw as 16 x 16 pixels. */
const shown = (width: number, height: number) => ({
  ...{ image: new Uint8Array(16 * 16 * 3).fill(100), width: 16, height: 16, seen: { width: 16, height: 16 } },
  ...{ original: { width, height }, resolution: 16, checkpointName: 'teacher, step 3', notes: [] },
});
/** Of four places the last stands out. */
const activations = (width: number, height: number): InsightAnswer => ({
  ...{ kind: 'activations', channels: 2, rows: 2, columns: 2 },
  activations: Float32Array.of(0, 0, 0, 3, 0, 0, 0, 4),
  ...shown(width, height),
});

async function glanceAt(answer: InsightAnswer) {
  const request = { checkpoint: 'teacher.safetensors', image: { kind: 'file', path: 'image.png' } } as const;
  const asked: unknown[] = [];
  const models = {
    attention: async (question: unknown) => {
      asked.push(question);
      return answer;
    },
  } as unknown as AttentionModels;
  const { png, ...said } = await glance(models, request);
  expect(asked).toEqual([request]);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
  return { said, at, size: [info.width, info.height] };
}

it('is as large for a wide image as for a high one', async () => {
  expect((await glanceAt(activations(50, 50))).size).toEqual([2 * 160 + 6, 160]);
  expect((await glanceAt(activations(160, 90))).size).toEqual([2 * 213 + 6, 120]);
  expect((await glanceAt(activations(90, 160))).size).toEqual([2 * 120 + 6, 213]);
  expect((await glanceAt(activations(1000, 10))).size, 'no more than three to one').toEqual([2 * 277 + 6, 92]);
});

it('of a network without attention is of its activations, brightest where they are large', async () => {
  const { said, at } = await glanceAt(activations(50, 50));
  expect(said).toEqual({ kind: 'activations', checkpointName: 'teacher, step 3' });
  expect(at(80, 80)).toEqual([100, 100, 100]);
  const [dark, bright] = [at(166 + 40, 40), at(166 + 120, 120)];
  expect(bright[0]).toBeGreaterThan((dark[0] ?? 255) + 100);
});

it('of attention is the mean of what the heads of the CLS token look at', async () => {
  // One head, whose query agrees with the key of the first patch alone: of five tokens the second.
  const queries = Float32Array.of(9, 0, 0, 0, 0);
  const keys = Float32Array.of(0, 9, 0, 0, 0);
  const { said, at } = await glanceAt({
    ...{ kind: 'attention', block: 0, blocks: 1, heads: 1, rows: 2, columns: 2, registers: 0, queries, keys },
    ...shown(50, 50),
  });
  expect(said.kind).toBe('attention');
  expect(at(166 + 40, 40)[0]).toBeGreaterThan((at(166 + 120, 120)[0] ?? 255) + 100);
  expect(at(166 + 120, 40)).toEqual(at(166 + 120, 120));
});
