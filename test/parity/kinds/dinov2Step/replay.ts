/** Makes the steps again and measures how far they are from the original's. */
import type { Engine } from '../../../../src/engines/engine.js';
import { listed } from '../../../../src/method/masks/maskedCrops.js';
import { dinov2, masksLength } from '../../../../src/method/methods/dinov2.js';
import { networkOf } from '../../../../src/method/network.js';
import { adamw } from '../../../../src/method/optimizers/adamw.js';
import type { ParameterGroups } from '../../../../src/method/optimizers/groups.js';
import { stepProgram } from '../../../../src/method/step.js';
import { type StepScalars, stepInputs } from '../../../../src/method/stepInputs.js';
import { float32, type HostTensor, type NamedHostTensors, sizeOf } from '../../../../src/program/program.js';
import { type Difference, relative } from '../../difference.js';
import { outputOf, reproducible } from '../../steps.js';
import type { Folder, Variant } from './reference.js';

/** As the folder's README has them: relative norms. */
const LIMITS = { loss: 1e-5, norm: 2e-5, gradient: 1e-4, weight: 1e-4, center: 1e-5 };

const TERMS = ['dino_local_crops_loss', 'dino_global_crops_loss', 'koleo_loss', 'ibot_loss'] as const;

export function countOf({ steps, network, centering, separate_head }: Variant): number {
  const { trained, parameters } = networkOf(network);
  const modules = separate_head ? 3 : 2;
  const centers = centering === 'centering' ? 2 * (steps.length + 1) : 0;
  return (
    steps.length * (1 + TERMS.length + modules) +
    Object.keys(trained).length +
    2 * Object.keys(parameters).length +
    centers
  );
}

export async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  for (const variant of folder.variants) yield* ofVariant(engine, folder, variant);
}

function programOf({ config, inputs }: Folder, variant: Variant) {
  const { shape } = inputs.get('step0.masks');
  const side = Math.sqrt(shape[1] ?? 0);
  // As many patches may be masked as are there: the steps' own masks say which.
  const masks = { grid: { rows: side, columns: side }, probability: 1, ratio: [1, 1], largestBlock: side } as const;
  const method = dinov2({
    network: variant.network,
    localCropsNumber: config.local_crops,
    localSize: config.local,
    masks,
    dropPathRate: 0,
    centering: variant.centering,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    weights: variant.weights,
    rates: { decay: variant.layerwise_decay, patchEmbed: variant.patch_embed_lr_mult },
  });
  const plan = { batchSize: config.batch, calls: 1, clipGrad: variant.steps[0]?.clip_grad ?? 0, gradients: true };
  const groups = method.parameterGroups;
  return { program: stepProgram(method, adamw, plan), groups, listLength: masksLength(config.batch, masks) };
}

async function* ofVariant(engine: Engine, folder: Folder, variant: Variant): AsyncGenerator<Difference> {
  const { name, steps, network, weights } = variant;
  const { program, groups, listLength } = programOf(folder, variant);
  const start = Object.entries(program.state).map(([key, { shape }]): [string, HostTensor] => {
    const ofNetwork = /^(?:student|teacher)\.(.*)$/.exec(key)?.[1];
    return [key, ofNetwork === undefined ? zeros(shape) : variant.initial(ofNetwork)];
  });
  const session = await engine.compile(program, Object.fromEntries(start));
  for (const [index, step] of steps.entries()) {
    yield* centers(variant, await session.readState(), `seen_by_step${index}`);
    const made = await session.call({ ...inputsOf(folder, index, listLength), ...scalarsOf(variant, index, groups) });
    const of = `step ${index}, ${name}`;
    const scalar = (output: string) => outputOf(made, output).data[0] as number;
    yield number(`loss of ${of}`, scalar('loss'), step.optimised_loss, LIMITS.loss);
    // Logged are halves of KoLeo and iBOT, and iBOT without its weight.
    const logged = { koleo_loss: 1 / 2, ibot_loss: 1 / (2 * weights.ibot) } as Readonly<Record<string, number>>;
    for (const term of TERMS)
      yield number(
        `term ${term} of ${of}`,
        scalar(term) * (logged[term] ?? 1),
        step.logged[term] ?? Number.NaN,
        LIMITS.loss,
      );
    for (const [module, norm] of Object.entries(step.gradient_norm_before_clipping))
      yield number(`norm of ${module}, ${of}`, normOf(made, module), norm, LIMITS.norm);
    if (index > 0) continue;
    for (const parameter of Object.keys(networkOf(network).trained)) {
      const [ours, wanted] = [outputOf(made, `gradient.${parameter}`), variant.gradient(parameter)];
      yield relative(
        `gradient ${parameter}, ${name}`,
        reproducible(parameter, ours),
        reproducible(parameter, wanted),
        LIMITS.gradient,
      );
    }
  }
  const state = await session.readState();
  await session.dispose();
  yield* centers(variant, state, 'after');
  for (const role of ['student', 'teacher'] as const)
    for (const parameter of Object.keys(networkOf(network).parameters))
      yield relative(
        `${role} ${parameter}, ${name}`,
        reproducible(parameter, outputOf(state, `${role}.${parameter}`)),
        reproducible(parameter, variant.final[role](parameter)),
        LIMITS.weight,
      );
}

function* centers(variant: Variant, state: NamedHostTensors, when: string): Generator<Difference> {
  if (variant.centering !== 'centering') return;
  for (const [of, key] of [
    ['dino', 'center'],
    ['ibot', 'ibot_center'],
  ] as const)
    yield relative(
      `center ${of} ${when}, ${variant.name}`,
      outputOf(state, key),
      variant.center(of, when),
      LIMITS.center,
    );
}

function number(quantity: string, ours: number, wanted: number, limit: number): Difference {
  return { quantity, limit, measure: 'relative', value: Math.abs(ours - wanted) / Math.abs(wanted) };
}

const zeros = (shape: readonly number[]): HostTensor => ({
  ...float32(...shape),
  data: new Float32Array(sizeOf(shape)),
});

/** Crops and masks of a step. */
function inputsOf({ inputs }: Folder, step: number, listLength: number): NamedHostTensors {
  const { shape, data } = inputs.get(`step${step}.masks`);
  const { masks, indices, weights } = listed(Uint8Array.from(data), shape[1] ?? 0, listLength);
  return {
    globals: inputs.get(`step${step}.global_crops`),
    locals: inputs.get(`step${step}.local_crops`),
    masks: { shape, dtype: 'float32', data: masks },
    mask_indices_list: { ...float32(listLength), data: indices },
    masks_weight: { ...float32(listLength), data: weights },
  };
}

function scalarsOf({ steps }: Variant, index: number, groups: ParameterGroups | undefined): NamedHostTensors {
  const step = steps[index];
  if (step === undefined) throw new Error(`There is no step ${index}.`);
  const scalars: StepScalars = {
    lr: step.lr,
    weightDecay: step.weight_decay,
    teacherMomentum: step.teacher_momentum,
    ofMethod: { teacher_temp: step.teacher_temp },
    lastLayerFrozen: step.last_layer_lr === 0,
    frozenBy: 'rate',
    optimizerSteps: { main: index, lastLayer: index },
  };
  return stepInputs(adamw, scalars, { call: 0, calls: 1 }, groups);
}

/** Of the gradients of a module, before clipping. */
function normOf(outputs: NamedHostTensors, module: string): number {
  const prefix = `gradient.${module.replace(/^dino_head$/, 'head')}.`;
  const norms = Object.entries(outputs).flatMap(([name, { data }]) =>
    name.startsWith(prefix) ? [Math.hypot(...data)] : [],
  );
  return Math.hypot(...norms);
}
