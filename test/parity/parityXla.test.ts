/** XLA compiles for minutes: beside the other engines, on another core. */
import { describe, it } from 'vitest';
import { openTensorFlowEngine } from '../../src/engines/tensorflow/engine.js';
import { tensorflowIsMissing, whySkipped } from '../unit/engines/tensorflowHere.js';
import { dependsOnEngine, isMetBy } from './met.js';
import { findReferences, readReference } from './references.js';

const references = findReferences().folders.map((dir) => ({ dir, reference: readReference(dir) }));

describe.skipIf(tensorflowIsMissing)(`the values that the original code computed, with TensorFlow${whySkipped}`, () => {
  it.each(references.filter(({ reference }) => dependsOnEngine(reference)))('$dir are met by XLA', ({ reference }) =>
    isMetBy(openTensorFlowEngine({ form: 'xla' }), reference),
  );
});
