/** Makes the steps again and measures how far they are from the original's. */
import type { Engine } from '../../../../src/engines/engine.js';
import { dinov2, masksLength } from '../../../../src/method/methods/dinov2.js';
import { networkOf } from '../../../../src/method/network.js';
import { adamw } from '../../../../src/method/optimizers/adamw.js';
import type { ParameterGroups } from '../../../../src/method/optimizers/groups.js';
import { stepProgram } from '../../../../src/method/step.js';
import { type StepScalars, stepInputs } from '../../../../src/method/stepInputs.js';
import type { HostTensor, NamedHostTensors } from '../../../../src/program/program.js';
import { type Difference, relative } from '../../difference.js';
import { cropsAndMasks, masksOf, normOf, relativeNumber, STEP_LIMITS, TERMS, zeros } from '../../dinov2Steps.js';
import { outputOf, reproducible } from '../../steps.js';
import type { Folder, Variant } from './reference.js';

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
  const masks = masksOf(inputs);
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
    const made = await session.call({
      ...cropsAndMasks(folder.inputs, index, listLength),
      ...scalarsOf(variant, index, groups),
    });
    const of = `step ${index}, ${name}`;
    const scalar = (output: string) => outputOf(made, output).data[0] as number;
    yield relativeNumber(`loss of ${of}`, scalar('loss'), step.optimised_loss, STEP_LIMITS.loss);
    // Logged are halves of KoLeo and iBOT, and iBOT without its weight.
    const logged = { koleo_loss: 1 / 2, ibot_loss: 1 / (2 * weights.ibot) } as Readonly<Record<string, number>>;
    for (const term of TERMS)
      yield relativeNumber(
        `term ${term} of ${of}`,
        scalar(term) * (logged[term] ?? 1),
        step.logged[term] ?? Number.NaN,
        STEP_LIMITS.loss,
      );
    for (const [module, norm] of Object.entries(step.gradient_norm_before_clipping))
      yield relativeNumber(`norm of ${module}, ${of}`, normOf(made, module), norm, STEP_LIMITS.norm);
    if (index > 0) continue;
    for (const parameter of Object.keys(networkOf(network).trained)) {
      const [ours, wanted] = [outputOf(made, `gradient.${parameter}`), variant.gradient(parameter)];
      yield relative(
        `gradient ${parameter}, ${name}`,
        reproducible(parameter, ours),
        reproducible(parameter, wanted),
        STEP_LIMITS.gradient,
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
        STEP_LIMITS.weight,
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
      STEP_LIMITS.center,
    );
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
