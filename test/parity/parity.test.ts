import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../src/engines/eager.js';
import type { Engine } from '../../src/engines/engine.js';
import { onnxEngine } from '../../src/engines/onnx.js';
import { openTensorFlowEngine } from '../../src/engines/tensorflow/engine.js';
import { tensorflowIsMissing, whySkipped } from '../unit/engines/tensorflowHere.js';
import { type Difference, isWithin, readReference, replay, replayWithoutEngine } from './replay.js';

const reference = readReference('test/reference/tiny-vit');

async function failures(differences: AsyncIterable<Difference>) {
  const all: Difference[] = [];
  for await (const difference of differences) all.push(difference);
  return { count: all.length, failed: all.filter((difference) => !isWithin(difference)) };
}

describe('the values that the original code computed', () => {
  it('are met by schedules, k-NN and the reader of its checkpoint', async () => {
    const { count, failed } = await failures(replayWithoutEngine(reference));
    expect(failed).toEqual([]);
    expect(count).toBe(3 + 8 + 1);
  });

  async function areMetBy(engine: Engine): Promise<void> {
    const { count, failed } = await failures(replay(engine, reference));
    expect(failed).toEqual([]);
    // 4 pictures x (cls, logits, 2 layers, attention), 2 masks, 4 losses, 49 gradients, 2 x 50 weights, the center
    expect(count).toBe(4 * 5 + 2 + 4 + 49 + 100 + 1);
  }

  it.each([onnxEngine, eagerEngine])('are met by the engine $name', { timeout: 120_000 }, areMetBy);

  describe.skipIf(tensorflowIsMissing)(`with TensorFlow${whySkipped}`, () => {
    it('are met by its plain graph', { timeout: 300_000 }, () => areMetBy(openTensorFlowEngine({ form: 'plain' })));
    it('are met by its plain graph in bfloat16, within two hundredths', { timeout: 300_000 }, async () => {
      const engine = openTensorFlowEngine({ form: 'plain', precision: 'bfloat16' });
      const { count, failed } = await failures(replay(engine, reference, 'bfloat16'));
      expect(failed).toEqual([]);
      expect(count).toBe(4 * 5 + 4 + 49 + 100 + 1);
    });
    // XLA compiles each of the reference's programs for seconds, the step for more.
    it('are met by XLA', { timeout: 900_000 }, () => areMetBy(openTensorFlowEngine({ form: 'xla' })));
  });
});
