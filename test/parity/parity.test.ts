import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../src/engines/eager.js';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { hasBfloat16, thisProcessor } from '../../src/engines/processor.js';
import { openTensorFlowEngine } from '../../src/engines/tensorflow/engine.js';
import { onnxEngine } from '../unit/engines/onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from '../unit/engines/tensorflowHere.js';
import { type Difference, isWithin } from './difference.js';
import { findReferences, readReference } from './references.js';

const { folders } = findReferences();

it('there are folders of every kind, with drop path and without', () => {
  const names = folders.map((dir) => basename(dir));
  expect(names).toEqual(
    expect.arrayContaining([
      'copies',
      'dinov2-losses',
      'dinov2-masking',
      'dinov2-step',
      'dinov2-vit',
      'drop-path',
      'finetune',
      'knn-classes',
      'linear',
      'optimizers',
      'resnet',
      'retrieval',
      'segmentation',
      'tiny-vit',
      'video',
      'weights',
    ]),
  );
});

async function failures(differences: AsyncIterable<Difference> | Iterable<Difference>) {
  const all: Difference[] = [];
  for await (const difference of differences) all.push(difference);
  return { count: all.length, failed: all.filter((difference) => !isWithin(difference)) };
}

describe.each(folders)('the values that the original code computed: %s', (dir) => {
  const reference = readReference(dir);

  it('have no tensor that is left out', () => {
    expect(reference.leftOut).toEqual([]);
  });

  it('are met by what does not depend on the engine', async () => {
    const { count, failed } = await failures(reference.withoutEngine());
    expect(failed).toEqual([]);
    expect(count).toBe(reference.count('float32').withoutEngine);
  });

  async function areMetBy(engine: Engine, precision: Precision = 'float32'): Promise<void> {
    const { count, failed } = await failures(reference.on(engine, precision));
    expect(failed).toEqual([]);
    expect(count).toBe(reference.count(precision).on);
  }

  const dependsOnEngine = reference.precisions.length > 0;
  it.runIf(dependsOnEngine).each([onnxEngine, eagerEngine])('are met by the engine $name', (engine) =>
    areMetBy(engine),
  );

  describe.skipIf(tensorflowIsMissing || !dependsOnEngine)(`with TensorFlow${whySkipped}`, () => {
    it('are met by its plain graph', () => areMetBy(openTensorFlowEngine({ form: 'plain' })));
    const isEmulated = hasBfloat16(thisProcessor()) === false;
    const hasLimits = reference.precisions.includes('bfloat16');
    const where = !hasLimits
      ? ', for which it has no limits'
      : isEmulated
        ? ', which this processor has no instructions for'
        : '';
    it.skipIf(isEmulated || !hasLimits)(`are met by its plain graph in bfloat16${where}`, () =>
      areMetBy(openTensorFlowEngine({ form: 'plain', precision: 'bfloat16' }), 'bfloat16'),
    );
    it('are met by XLA', () => areMetBy(openTensorFlowEngine({ form: 'xla' })));
  });
});
