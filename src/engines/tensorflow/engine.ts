/** The TensorFlow engine: the traced program as a SavedModel, run by TensorFlow through tfjs-node. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Graph } from '../../compile/graph.js';
import type { MatrixType } from '../../compile/tensorflow/body.js';
import { emitSavedModel } from '../../compile/tensorflow/emit.js';
import type { ModelParts } from '../../compile/tensorflow/parts.js';
import type { NamedHostTensors, Program, TensorSpec } from '../../program/program.js';
import type { CompileOptions, Engine, Precision } from '../engine.js';
import { describeParts, lanesOf, type PartsOf, partsForCaches } from '../partPlan.js';
import { hasBfloat16Tiles, thisProcessor } from '../processor.js';
import { requireState } from '../requireState.js';
import { simplifiedProgram } from '../simplifiedProgram.js';
import { betweenStages, unlessStopped } from '../stop.js';
import { countNativeWork } from '../underWay.js';
import { type Form, openFaster, openXla, wantedForm } from './form.js';
import { formKey, formTimes, rememberForm } from './forms.js';
import { findInstallation, isOwn } from './installation.js';
import { loadTensorFlow, type Rounding, requireRounding, type TensorFlowBinding } from './load.js';
import { leftOutOf, type Outside, splitUpdates } from './outside.js';
import { LocalRuntime, type TensorFlowRuntime } from './runtime.js';
import { TensorFlowSession } from './session.js';
import { ThreadRuntime } from './threadRuntime.js';

interface Loaded {
  readonly binding: TensorFlowBinding;
  readonly runtime: TensorFlowRuntime;
  readonly rounding: Rounding;
}

/** A process has one TensorFlow at most. */
let loaded: Loaded | undefined;

export interface TensorFlowOptions {
  readonly form?: Form | undefined;
  readonly precision?: Precision;
  /** The bundle of the thread that TensorFlow works on, where it does not lie beside this program's; settled by the first call. */
  readonly thread?: string;
  /** What programs run on, of a machine whose devices are not those that TensorFlow would name. */
  readonly devices?: Devices;
  /** How plain graphs are divided on the processor. */
  readonly partsOf?: PartsOf;
  /** Of the processor. */
  readonly cores?: number;
}

interface Devices {
  readonly names: readonly string[];
  readonly addBy: 'nccl' | 'copies';
  /** Whether inputs are sent while the call before computes. */
  readonly sendAhead: boolean;
}

/** The GPUs that a program of so many replicas runs on. */
const gpus = (count: number): Devices => ({
  names: Array.from({ length: count }, (_, i) => `/device:GPU:${i}`),
  addBy: 'nccl',
  sendAhead: true,
});

/**
 * The engine over the TensorFlow that this machine has. Only the first call of a process loads it.
 *
 * Programs run in the form given; what XLA cannot compile runs as a plain graph all the same. Without one, it is the faster of
 * the two on a GPU, measured once. On a CPU it is the plain graph: there
 * XLA compiles for longer than most runs would need to win that time back.
 *
 * @throws Error when no TensorFlow is installed, or the one that is cannot be loaded
 */
export function openTensorFlowEngine({
  form = wantedForm(),
  precision = 'float32',
  devices,
  thread,
  partsOf = partsForCaches,
  cores = availableParallelism(),
}: TensorFlowOptions = {}): Engine {
  loaded ??= load(precision, thread);
  const { binding, runtime, rounding } = loaded;
  const isUsingGpu = rounding.usesGpu;
  requireRounding(precision, rounding);
  return {
    name: 'tensorflow',
    version: `TensorFlow ${binding.TF_Version} (${isUsingGpu ? 'gpu' : 'cpu'})`,
    usesGpu: isUsingGpu,
    compile: async (program, state, options) => {
      requireState(program, state);
      const replicas = program.sharing?.replicas ?? 1;
      if (replicas > 1 && !isUsingGpu && devices === undefined) {
        throw new Error(`The setting gpus is ${replicas}, but TensorFlow has found no GPU here: set it to 1.`);
      }
      const version = `${binding.TF_Version} ${isUsingGpu ? 'gpu' : 'cpu'} ${rounding.tf32 ? 'tf32' : ''}`;
      const wanted = form ?? (isUsingGpu ? 'faster' : 'plain');
      const { open, emit } = await opener(runtime, program, {
        state,
        precision,
        roundsToBfloat16: rounding.roundsToBfloat16,
        devices: devices ?? (isUsingGpu ? gpus(replicas) : undefined),
        ...(wanted === 'plain' && !isUsingGpu && devices === undefined && { partsOf }),
        cores,
        ...options,
      });
      const faster = () => {
        const key = formKey(version, emit('plain'));
        return openFaster(program, open, { known: formTimes()[key], remember: (times) => rememberForm(key, times) });
      };
      const opening = wanted === 'xla' ? openXla(program, open) : wanted === 'plain' ? open('plain') : faster();
      // Between its stages, too: the next one begins all the same.
      void countNativeWork(opening).catch(() => undefined);
      if (options?.stop === undefined) return opening;
      // TensorFlow has no way to end early; nobody waits for it, though, where it works on a thread of its own.
      return unlessStopped(opening, options.stop).catch((error: unknown) => {
        void opening.then((session) => session.dispose()).catch(() => undefined);
        throw error;
      });
    },
  };
}

/** Beside the bundle of this program. The sources themselves, as unit tests run them, have none, and do without a thread. */
const THREAD_FILE = fileURLToPath(new URL('tensorflowThread.cjs', import.meta.url));

function load(precision: Precision, threadFile = THREAD_FILE): Loaded {
  const installation = findInstallation();
  if (installation === undefined) throw new Error('TensorFlow is not installed');
  const options = {
    tf32: precision !== 'float32',
    isOwn: isOwn(installation),
    hasGpuKernels: installation.gpu,
    roundsToBfloat16: precision === 'bfloat16' && isOwn(installation) && hasBfloat16Tiles(thisProcessor()),
  };
  const binding = loadTensorFlow(installation.binding, options);
  const runtime = existsSync(threadFile)
    ? new ThreadRuntime(threadFile, installation.binding)
    : new LocalRuntime(binding);
  return { binding, runtime, rounding: { ...options, usesGpu: binding.isUsingGpuDevice() } };
}

interface Opening extends CompileOptions {
  readonly state: NamedHostTensors;
  readonly precision: Precision;
  readonly roundsToBfloat16: boolean;
  readonly devices: Devices | undefined;
  /** Absent: its images are computed at once. */
  readonly partsOf?: PartsOf;
  readonly cores: number;
}

/** A program, traced and simplified. */
interface Prepared {
  /** With parts: what is left beside them. */
  readonly graph: Graph;
  readonly parts?: ModelParts;
  /** For each op. Absent: as many as the processor has. */
  readonly threadsOfOp?: number | undefined;
}

async function prepare(
  program: Program,
  partsOf: PartsOf | undefined,
  cores: number,
  stop: AbortSignal | undefined,
): Promise<Prepared> {
  const { graph, parts } = await simplifiedProgram(program, partsOf, stop);
  if (parts === undefined) return { graph };
  const { divided, sharing } = parts;
  const { lanes, threads } = lanesOf(divided.sums.length, cores);
  return {
    // The session takes all of the state and the inputs: parts read them.
    graph: { ...divided.rest, state: graph.state, inputs: graph.inputs },
    parts: { divided, parts: sharing.replicas, groups: sharing.groups, lanes },
    threadsOfOp: threads,
  };
}

/** Prepares the program once, for sessions of either form. */
async function opener(
  runtime: TensorFlowRuntime,
  program: Program,
  { state, precision, roundsToBfloat16, devices, partsOf, cores, stop, namesUpcoming = false }: Opening,
) {
  const { sharing } = program;
  const { graph: whole, parts, threadsOfOp } = await prepare(program, partsOf, cores, stop);
  const onProcessor = devices === undefined && sharing === undefined;
  // From here on TensorFlow works, which has no way to end early.
  await betweenStages(stop);
  const isImages = ([, { shape }]: [string, TensorSpec]): boolean => shape.length > 0;
  const sentAhead =
    namesUpcoming && devices?.sendAhead
      ? Object.entries(program.inputs)
          .filter(isImages)
          .map(([name]) => name)
      : [];
  const onGpus = sharing === undefined ? '' : ` on ${sharing.replicas} GPUs`;
  const inParts = parts === undefined ? '' : `, ${describeParts(parts.parts, parts.lanes)}`;
  const inPrecision =
    precision === 'float32' ? '' : `, in ${precision}${precision === 'tf32' ? ' where the GPU has it' : ''}`;
  const matrixType = (form: Form): MatrixType => {
    if (precision !== 'bfloat16') return 'float32';
    return roundsToBfloat16 && onProcessor && form === 'plain' ? 'rounded float32' : 'bfloat16';
  };
  const emit = (form: Form, graph = whole, outside?: Outside) =>
    emitSavedModel(program.name, graph, {
      xla: form === 'xla',
      ...(outside && { outside: leftOutOf(outside) }),
      precision: matrixType(form),
      sentAhead,
      ...(devices && { devices: devices.names, addBy: devices.addBy }),
      ...(sharing && { shared: { inputs: program.inputs, groups: sharing.groups } }),
      ...(parts && { parts, shared: { inputs: program.inputs } }),
    });
  const open = async (form: Form, runsAs: string = form === 'xla' ? 'compiled by XLA' : 'as a plain graph') => {
    const { graph, outside } = onProcessor ? splitUpdates(whole) : { graph: whole };
    let session: TensorFlowSession;
    try {
      session = await TensorFlowSession.open(runtime, program, {
        savedModel: emit(form, graph, outside),
        outputs: [...whole.outputs.keys()],
        runsAs: `${runsAs}${onGpus}${inParts}${inPrecision}`,
        sentAhead,
        threadsOfOp,
        outside,
      });
    } catch (error) {
      await outside?.updater.dispose();
      throw explained(error);
    }
    try {
      await session.writeState(state);
    } catch (error) {
      await session.dispose();
      throw explained(error);
    }
    return session;
  };
  return { open, emit };
}

/** TensorFlow's word on a device that is not there is a page long. */
function explained(error: unknown): unknown {
  const missing = /device[^\n]*?GPU:(\d+)/i.exec(error instanceof Error ? error.message : '')?.[1];
  if (missing === undefined) return error;
  return new Error(`TensorFlow has no GPU ${missing} here (it counts from 0): set gpus to as many as there are.`, {
    cause: error,
  });
}
