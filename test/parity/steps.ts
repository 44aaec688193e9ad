/** Training steps of a reference folder, made again by an engine. */
import { z } from 'zod';
import type { Engine } from '../../src/engines/engine.js';
import { type NetworkSpec, networkOf } from '../../src/method/network.js';
import { type OptimizerName, optimizerOf } from '../../src/method/optimizers/index.js';
import { stepInputs } from '../../src/method/stepInputs.js';
import { trainingStep } from '../../src/method/trainingStep.js';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../../src/program/program.js';
import type { Difference } from './difference.js';
import type { TensorFile } from './tensorFile.js';

const stepSchema = z.object({
  epoch: z.int().min(0),
  loss: z.number(),
  lr: z.number(),
  weight_decay: z.number(),
  teacher_momentum: z.number(),
  teacher_temp: z.number(),
  clip_grad: z.number().min(0),
  freeze_last_layer: z.number(),
});

/** The steps of a run, in order. Clipping is the same in all of them. */
export const stepsSchema = z
  .array(stepSchema)
  .min(1)
  .refine(
    (steps) => steps.every(({ clip_grad }) => clip_grad === steps[0]?.clip_grad),
    'clip_grad changes between steps',
  );

export type ReferenceStep = z.output<typeof stepSchema>;

export interface ReferenceTraining {
  readonly network: NetworkSpec;
  readonly optimizer: OptimizerName;
  readonly config: { readonly batch: number; readonly ncrops: number; readonly local: number };
  readonly dropPath: boolean;
  readonly steps: readonly ReferenceStep[];
  /** `step<t>_crop<i>`, and `step<t>_drop_path` with `dropPath`. */
  readonly inputs: TensorFile;
  /** Of student and teacher. */
  readonly initial: (name: string) => HostTensor;
}

export interface MadeSteps {
  readonly losses: readonly number[];
  /** Of the first step, before clipping, by parameter. */
  readonly gradients: NamedHostTensors;
  /** After the last step, by the names of the step's program. */
  readonly state: NamedHostTensors;
}

export async function makeSteps(engine: Engine, training: ReferenceTraining): Promise<MadeSteps> {
  const { network, optimizer, config, dropPath, steps, inputs, initial } = training;
  const locals = config.ncrops - 2;
  const program = trainingStep({
    network,
    batchSize: config.batch,
    calls: 1,
    localCropsNumber: locals,
    localSize: config.local,
    dropPath,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    clipGrad: steps[0]?.clip_grad ?? 0,
    optimizer,
    gradients: true,
  });
  const start = Object.entries(program.state).map(([name, spec]): [string, HostTensor] => {
    const ofNetwork = /^(?:student|teacher)\.(.*)$/.exec(name)?.[1];
    return [name, ofNetwork === undefined ? zeros(spec.shape) : initial(ofNetwork)];
  });
  const session = await engine.compile(program, Object.fromEntries(start));
  const optimizerSteps = { main: 0, lastLayer: 0 };
  const losses: number[] = [];
  let gradients: NamedHostTensors = {};
  for (const [index, step] of steps.entries()) {
    const crops = Array.from({ length: config.ncrops }, (_, i) => inputs.get(`step${index}_crop${i}`));
    const lastLayerFrozen = step.epoch < step.freeze_last_layer;
    const made = await session.call({
      globals: stacked(crops.slice(0, 2)),
      ...(locals > 0 && { locals: stacked(crops.slice(2)) }),
      ...(dropPath && { drop_path: inputs.get(`step${index}_drop_path`) }),
      ...stepInputs(optimizerOf(optimizer), {
        lr: step.lr,
        weightDecay: step.weight_decay,
        teacherMomentum: step.teacher_momentum,
        ofMethod: { teacher_temp: step.teacher_temp },
        lastLayerFrozen,
        optimizerSteps,
      }),
    });
    optimizerSteps.main++;
    if (!lastLayerFrozen) optimizerSteps.lastLayer++;
    losses.push(outputOf(made, 'loss').data[0] as number);
    if (index === 0) {
      const names = Object.keys(networkOf(network).trained);
      gradients = Object.fromEntries(names.map((name) => [name, outputOf(made, `gradient.${name}`)]));
    }
  }
  const state = await session.readState();
  await session.dispose();
  return { losses, gradients, state };
}

export function outputOf(outputs: NamedHostTensors, name: string): HostTensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw new Error(`The program has no output ${name}.`);
  return tensor;
}

const zeros = (shape: readonly number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(sizeOf(shape)),
});

/** Crops as the step takes them: the same crop of all images together, one after the other. */
function stacked(crops: readonly HostTensor[]): HostTensor {
  const [first] = crops as [HostTensor];
  const data = new Float32Array(crops.length * first.data.length);
  crops.forEach((crop, i) => {
    data.set(crop.data, i * first.data.length);
  });
  return { shape: [crops.length * (first.shape[0] as number), ...first.shape.slice(1)], dtype: 'float32', data };
}

/** Each step's loss. @param limitOf the limit for the step of this index */
export function* lossDifferences(
  steps: readonly ReferenceStep[],
  { losses }: MadeSteps,
  limitOf: (index: number) => number,
): Generator<Difference> {
  for (const [index, { loss }] of steps.entries()) {
    const value = Math.abs((losses[index] ?? Number.NaN) - loss) / Math.abs(loss);
    yield { quantity: `loss of step ${index}`, limit: limitOf(index), measure: 'relative', value };
  }
}

/**
 * What of a parameter an independent run can repeat. The same bias on every key changes no attention: its gradient is nothing but
 * rounding, which AdamW blows up to full steps. It is the middle third of the bias of queries, keys and values.
 */
export function reproducible(name: string, tensor: HostTensor): HostTensor {
  if (!name.endsWith('attn.qkv.bias')) return tensor;
  const third = tensor.data.length / 3;
  const data = Float32Array.of(...tensor.data.subarray(0, third), ...tensor.data.subarray(2 * third));
  return { shape: [data.length], dtype: 'float32', data };
}

/** The names of the crops that these steps take, with their shapes. */
export function cropSpecs(
  steps: readonly ReferenceStep[],
  {
    batch,
    ncrops,
    img,
    local,
  }: { readonly batch: number; readonly ncrops: number; readonly img: number; readonly local: number },
  channels: number,
) {
  const specs: Record<string, { shape: readonly number[]; dtype: 'float32' }> = {};
  for (const step of steps.keys()) {
    for (let crop = 0; crop < ncrops; crop++) {
      const side = crop < 2 ? img : local;
      specs[`step${step}_crop${crop}`] = { shape: [batch, channels, side, side], dtype: 'float32' };
    }
  }
  return specs;
}
