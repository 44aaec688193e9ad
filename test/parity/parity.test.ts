import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../src/engines/eager.js';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { onnxEngine } from '../../src/engines/onnx.js';
import { hasBfloat16, thisProcessor } from '../../src/engines/processor.js';
import { openTensorFlowEngine } from '../../src/engines/tensorflow/engine.js';
import { tensorflowIsMissing, whySkipped } from '../unit/engines/tensorflowHere.js';
import { type Difference, isWithin } from './difference.js';
import { findReferences, type Reference, readReference } from './reference.js';
import { replay } from './replay.js';
import { replayWithoutEngine } from './withoutEngine.js';

const { folders } = findReferences();

it('there are folders with drop path and without', () => {
  expect(folders.map((dir) => basename(dir))).toEqual(expect.arrayContaining(['drop-path', 'tiny-vit']));
});

async function failures(differences: AsyncIterable<Difference>) {
  const all: Difference[] = [];
  for await (const difference of differences) all.push(difference);
  return { count: all.length, failed: all.filter((difference) => !isWithin(difference)) };
}

/** Everything that the folder has of what an engine computes: its outputs, losses, and the weights of both networks. */
function countOf({ outputs, expected, final }: Reference, precision: Precision): number {
  const exactOnly = Object.keys(outputs.tensors).filter((name) => name.startsWith('mask_'));
  return (
    Object.keys(outputs.tensors).length -
    (precision === 'float32' ? 0 : exactOnly.length) +
    expected.steps.length +
    Object.keys(final.student.tensors).length +
    Object.keys(final.teacher.tensors).length
  );
}

describe.each(folders)('the values that the original code computed: %s', (dir) => {
  const reference = readReference(dir);

  it('have no tensor that is left out', () => {
    expect(reference.leftOut).toEqual([]);
  });

  it('are met by schedules, drop path’s rates, k-NN and the reader of its checkpoint', async () => {
    const { schedules, knn, config } = reference.expected;
    const { count, failed } = await failures(replayWithoutEngine(reference));
    expect(failed).toEqual([]);
    const rates = config.drop_path > 0 ? config.depth : 0;
    expect(count).toBe(Object.keys(schedules).length + rates + 2 * Object.keys(knn).length + 1);
  });

  async function areMetBy(engine: Engine, precision: Precision = 'float32'): Promise<void> {
    const { count, failed } = await failures(replay(engine, reference, precision));
    expect(failed).toEqual([]);
    expect(count).toBe(countOf(reference, precision));
  }

  it.each([onnxEngine, eagerEngine])('are met by the engine $name', (engine) => areMetBy(engine));

  describe.skipIf(tensorflowIsMissing)(`with TensorFlow${whySkipped}`, () => {
    it('are met by its plain graph', () => areMetBy(openTensorFlowEngine({ form: 'plain' })));
    const isEmulated = hasBfloat16(thisProcessor()) === false;
    const where = isEmulated ? ', which this processor has no instructions for' : '';
    it.skipIf(isEmulated)(`are met by its plain graph in bfloat16${where}`, () =>
      areMetBy(openTensorFlowEngine({ form: 'plain', precision: 'bfloat16' }), 'bfloat16'),
    );
    it('are met by XLA', () => areMetBy(openTensorFlowEngine({ form: 'xla' })));
  });
});
