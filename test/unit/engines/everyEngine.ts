/** For tests of what all engines must compute alike. */
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import type { NamedHostTensors, Program } from '../../../src/program/program.js';
import { onnxEngine } from './onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';

interface EngineCase {
  readonly name: string;
  readonly isMissing: boolean;
  /** A step takes it a minute and more to compile: a test of a whole network may leave variants out. */
  readonly compilesSlowly?: boolean;
  open(): Engine;
}

/** For `describe.each`, with `describe.skipIf(isMissing)` inside. */
export const EVERY_ENGINE: readonly EngineCase[] = [
  { name: 'eager', open: () => eagerEngine, isMissing: false },
  { name: 'onnx', open: () => onnxEngine, isMissing: false },
  {
    name: `tensorflow${whySkipped}`,
    open: () => openTensorFlowEngine({ form: 'plain' }),
    isMissing: tensorflowIsMissing,
  },
  {
    name: `tensorflow, XLA${whySkipped}`,
    open: () => openTensorFlowEngine({ form: 'xla' }),
    isMissing: tensorflowIsMissing,
    compilesSlowly: true,
  },
];

/** One call: its outputs, and the state after it. */
export async function callOnce(engine: Engine, program: Program, state: NamedHostTensors, inputs: NamedHostTensors) {
  const session = await engine.compile(program, state);
  try {
    const outputs = await session.call(inputs);
    return { outputs, state: await session.readState() };
  } finally {
    await session.dispose();
  }
}
