import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../src/engines/eager.js';
import { hasBfloat16, thisProcessor } from '../../src/engines/processor.js';
import { openTensorFlowEngine } from '../../src/engines/tensorflow/engine.js';
import { onnxEngine } from '../unit/engines/onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from '../unit/engines/tensorflowHere.js';
import { dependsOnEngine, isMetBy, isMetWithoutEngine } from './met.js';
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

describe.each(folders)('the values that the original code computed: %s', (dir) => {
  const reference = readReference(dir);

  it('have no tensor that is left out', () => {
    expect(reference.leftOut).toEqual([]);
  });

  it('are met by what does not depend on the engine', () => isMetWithoutEngine(reference));

  it.runIf(dependsOnEngine(reference)).each([onnxEngine, eagerEngine])('are met by the engine $name', (engine) =>
    isMetBy(engine, reference),
  );

  describe.skipIf(tensorflowIsMissing || !dependsOnEngine(reference))(`with TensorFlow${whySkipped}`, () => {
    it('are met by its plain graph', () => isMetBy(openTensorFlowEngine({ form: 'plain' }), reference));
    const isEmulated = hasBfloat16(thisProcessor()) === false;
    const hasLimits = reference.precisions.includes('bfloat16');
    const where = !hasLimits
      ? ', for which it has no limits'
      : isEmulated
        ? ', which this processor has no instructions for'
        : '';
    it.skipIf(isEmulated || !hasLimits)(`are met by its plain graph in bfloat16${where}`, () =>
      isMetBy(openTensorFlowEngine({ form: 'plain', precision: 'bfloat16' }), reference, 'bfloat16'),
    );
  });
});
