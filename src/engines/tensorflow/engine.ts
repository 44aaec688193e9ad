/** The TensorFlow engine: the traced program as a SavedModel, run by TensorFlow through tfjs-node. */
import { simplify } from '../../compile/simplify.js';
import { emitSavedModel } from '../../compile/tensorflow/emit.js';
import { trace } from '../../compile/trace.js';
import type { NamedHostTensors, Program } from '../../method/program.js';
import { useCpuBackend } from '../cpuBackend.js';
import type { Engine, Precision } from '../engine.js';
import { requireState } from '../requireState.js';
import { betweenStages } from '../stop.js';
import { type Form, openFaster, warmUp } from './form.js';
import { findInstallation } from './installation.js';
import { loadTensorFlow, type TensorFlowBinding } from './load.js';
import { TensorFlowSession } from './session.js';

/** A process has one TensorFlow at most. */
let loaded: TensorFlowBinding | undefined;

/** `DINO_TENSORFLOW_XLA`: 1 or 0 settles the form; anything else leaves it to the engine. */
function wantedForm(): Form | undefined {
  const wanted = process.env['DINO_TENSORFLOW_XLA'];
  return wanted === '1' ? 'xla' : wanted === '0' ? 'plain' : undefined;
}

export interface TensorFlowOptions {
  readonly form?: Form | undefined;
  readonly precision?: Precision;
}

/**
 * The engine over the TensorFlow that this machine has. Only the first call of a process loads it.
 *
 * Programs run in the form given. Without one, it is the faster of the two on a GPU. On a CPU it is the plain graph: there
 * XLA compiles for longer than most runs would need to win that time back.
 *
 * @throws Error when no TensorFlow is installed, or the one that is cannot be loaded
 */
export function openTensorFlowEngine({ form = wantedForm(), precision = 'float32' }: TensorFlowOptions = {}): Engine {
  loaded ??= loadTensorFlow(bindingFile());
  const binding = loaded;
  const isUsingGpu = binding.isUsingGpuDevice();
  return {
    name: 'tensorflow',
    version: `TensorFlow ${binding.TF_Version} (${isUsingGpu ? 'gpu' : 'cpu'})`,
    usesGpu: isUsingGpu,
    compile: async (program, state, options) => {
      requireState(program, state);
      const open = await opener(binding, program, { state, precision, stop: options?.stop });
      if (form === undefined && isUsingGpu) return openFaster(program, open);
      const session = await open(form ?? 'plain');
      if (form === 'xla') await warmUp(program, session);
      return session;
    },
  };
}

function bindingFile(): string {
  const installation = findInstallation();
  if (installation === undefined) throw new Error('TensorFlow is not installed');
  return installation.binding;
}

/** Traces and simplifies the program once, for sessions of either form. */
async function opener(
  binding: TensorFlowBinding,
  program: Program,
  {
    state,
    precision,
    stop,
  }: { readonly state: NamedHostTensors; readonly precision: Precision; readonly stop: AbortSignal | undefined },
) {
  const traced = await trace(program);
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const graph = simplify(traced);
  // From here on TensorFlow works, which has no way to end early.
  await betweenStages(stop);
  return async (form: Form, runsAs: string = form === 'xla' ? 'compiled by XLA' : 'as a plain graph') => {
    const savedModel = emitSavedModel(program.name, graph, { xla: form === 'xla', precision });
    const session = await TensorFlowSession.open(binding, program, savedModel, [...graph.outputs.keys()], runsAs);
    await session.writeState(state);
    return session;
  };
}
