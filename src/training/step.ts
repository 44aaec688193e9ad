/** The training step as a run's settings have it. */
import type { Views } from '../data/batch.js';
import { callsAhead } from '../engines/callsAhead.js';
import type { Session } from '../engines/engine.js';
import type { Method } from '../method/method.js';
import { optimizerOf } from '../method/optimizers/index.js';
import { stepProgram as programOf } from '../method/step.js';
import { stepInputs } from '../method/stepInputs.js';
import { type CommonMetric, catalogueOf, type StepOutput } from '../metrics/catalogue.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import type { NamedHostTensors, Program } from '../program/program.js';
import type { Settings } from '../settings/settings.js';
import type { Hyperparameters } from './hyperparameters.js';
import { trainedMethodOf } from './methods/index.js';
import type { TrainedMethod } from './methods/trainedMethod.js';

/** The step of a run with these settings; `gradient_accumulation_steps` calls of it make one. */
export function stepProgram(settings: Settings, trained = trainedMethodOf(settings)): Program {
  return programOf(trained.method(settings), optimizerOf(settings.optimizer), {
    batchSize: settings.batch_size / settings.gradient_accumulation_steps,
    calls: settings.gradient_accumulation_steps,
    replicas: settings.gpus,
    activationCheckpointing: settings.activation_checkpointing,
    clipGrad: settings.clip_grad,
  });
}

/** What the step's program takes, call by call, for the step after `step` steps. @param method that of the settings, made once a run */
export function* inputsOf(
  settings: Settings,
  step: number,
  hyperparameters: Hyperparameters,
  views: Views,
  trained = trainedMethodOf(settings),
  method = trained.method(settings),
): Generator<NamedHostTensors> {
  const { gradient_accumulation_steps: calls } = settings;
  let call = 0;
  for (const tensors of imagesByCall(settings, trained.inputs(settings, step, views), method)) {
    yield {
      ...tensors,
      ...stepInputs(optimizerOf(settings.optimizer), hyperparameters, { call, calls }, method.parameterGroups),
    };
    call++;
  }
}

/** Of what a whole batch is given, each call's share. */
export function* imagesByCall(
  settings: Pick<Settings, 'batch_size' | 'gradient_accumulation_steps'>,
  whole: Readonly<Record<string, Float32Array>>,
  { groups, inputs }: Pick<Method, 'groups' | 'inputs'>,
): Generator<NamedHostTensors> {
  const { batch_size: batch, gradient_accumulation_steps: calls } = settings;
  const images = batch / calls;
  const specs = inputs(images);
  for (let call = 0; call < calls; call++) {
    const tensors = Object.entries(whole).map(([name, data]) => {
      const [spec, count] = [specs[name], groups[name]];
      if (spec === undefined || count === undefined) throw new Error(`The method has no input ${name} of images.`);
      return [name, { ...spec, data: imagesOf(data, { groups: count, batch, images, call }) }] as const;
    });
    yield Object.fromEntries(tensors);
  }
}

/** The calls of one step, of which the first can be looked at before they are made. */
export interface StepCalls {
  readonly first: NamedHostTensors;
  /** The first among them; to be gone through once. */
  readonly all: Iterable<NamedHostTensors>;
}

export function callsOf(...step: Parameters<typeof inputsOf>): StepCalls {
  const rest = inputsOf(...step);
  const first: NamedHostTensors = rest.next().value ?? {};
  const all = function* () {
    yield first;
    yield* rest;
  };
  return { first, all: all() };
}

interface Part {
  readonly groups: number;
  readonly batch: number;
  /** Images of a call. */
  readonly images: number;
  readonly call: number;
}

/** Of values [groups, batch, ...], those of a call's images: [groups, images, ...]. */
function imagesOf(data: Float32Array, { groups, batch, images, call }: Part): Float32Array {
  if (images === batch) return data;
  const perImage = data.length / (groups * batch);
  const part = new Float32Array(groups * images * perImage);
  for (let group = 0; group < groups; group++) {
    const first = (group * batch + call * images) * perImage;
    part.set(data.subarray(first, first + images * perImage), group * images * perImage);
  }
  return part;
}

/** What the program of the step computes: the common metrics and the method's, by name; see the outputs of `stepProgram`. */
export type StepOutputs = Readonly<Record<string, number> & Record<StepOutput<CommonMetric>['name'], number>>;

/** A metric that the step's program computes. */
type Computed = MetricSpec & Required<Pick<MetricSpec, 'ofCalls'>>;

const isComputed = (metric: MetricSpec): metric is Computed => metric.ofCalls !== undefined;

/**
 * One step: a call for each of `inputs`. The outputs are the means over the calls, but for those of which the catalogue says
 * that the last call's are the step's. `following`: the inputs of the call after these, where they are known. A call whose
 * loss or gradient is not finite is the last one, and undo() then leaves nothing of the step.
 * @throws Error naming a metric of the method, or one of all methods, that the program does not compute
 */
export async function makeStep(
  session: Session,
  { metrics }: Pick<TrainedMethod, 'metrics'>,
  inputs: Iterable<NamedHostTensors>,
  following?: NamedHostTensors,
): Promise<StepOutputs> {
  const measured = catalogueOf(metrics).filter(isComputed);
  const outputsFrom = (value: (output: Computed) => number): StepOutputs =>
    Object.fromEntries(measured.map((output) => [output.name, value(output)])) as StepOutputs;
  const all: StepOutputs[] = [];
  for await (const outputs of callsAhead(session, inputs, following)) {
    const made = outputsFrom(({ name }) => scalar(outputs, name));
    all.push(made);
    if (!Number.isFinite(made.loss) || !Number.isFinite(made.grad_norm)) break;
  }
  return outputsFrom(({ name, ofCalls }) => {
    const values = all.map((outputs) => outputs[name] as number);
    return ofCalls === 'last'
      ? (values.at(-1) as number)
      : values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

function scalar(outputs: NamedHostTensors, name: string): number {
  const value = outputs[name]?.data[0];
  if (value === undefined) throw new Error(`the training step gave no ${name}`);
  return value;
}
