/** Makes the steps again and measures how far they are from the original's. */
import type { Engine, Session } from '../../../../src/engines/engine.js';
import { termsOf } from '../../../../src/method/losses/dinov2.js';
import { masksLength } from '../../../../src/method/methods/dinov2.js';
import { type DistillationSpec, distillation } from '../../../../src/method/methods/distillation.js';
import { distillationFromFeatures, teacherProgram } from '../../../../src/method/methods/precomputedTeacher.js';
import { networkOf } from '../../../../src/method/network.js';
import { adamw } from '../../../../src/method/optimizers/adamw.js';
import { stepProgram } from '../../../../src/method/step.js';
import { stepInputs } from '../../../../src/method/stepInputs.js';
import type { HostTensor, NamedHostTensors, Program } from '../../../../src/program/program.js';
import { type Difference, exact, relative } from '../../difference.js';
import { cropsAndMasks, masksOf, normOf, relativeNumber, STEP_LIMITS, TERMS, zeros } from '../../dinov2Steps.js';
import { outputOf, reproducible } from '../../steps.js';
import type { Folder } from './reference.js';

type DistillationMethod = ReturnType<typeof distillation>;

export function countOf({ steps, student, teacher }: Folder): number {
  const { trained, parameters } = networkOf(student);
  const modules = 3;
  return (
    steps.length * (2 + TERMS.length + modules) +
    Object.keys(trained).length +
    2 * Object.keys(parameters).length +
    Object.keys(networkOf(teacher).parameters).length
  );
}

export async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  yield* replayWhole(engine, folder);
  yield* replayFromFeatures(engine, folder);
}

function specOf({ config, inputs, student, teacher }: Folder): DistillationSpec {
  return {
    network: student,
    teacher,
    localCropsNumber: config.local_crops,
    localSize: config.local,
    masks: masksOf(inputs),
    dropPathRate: 0,
    centering: 'sinkhorn_knopp',
    studentTemp: 0.1,
    centerMomentum: 0.9,
    weights: config.weights,
    rates: { decay: config.layerwise_decay, patchEmbed: config.patch_embed_lr_mult },
  };
}

function sessionOf(engine: Engine, folder: Folder, method: DistillationMethod): Promise<Session> {
  const program = stepProgram(method, adamw, {
    batchSize: folder.config.batch,
    calls: 1,
    clipGrad: folder.steps[0]?.clip_grad ?? 0,
    gradients: true,
  });
  return engine.compile(program, initial(program, folder));
}

const initial = ({ state }: Program, folder: Folder): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(state).map(([key, { shape }]): [string, HostTensor] => {
      const [, role, parameter = ''] = /^(student|ema|teacher)\.(.*)$/.exec(key) ?? [];
      if (role === undefined) return [key, zeros(shape)];
      return [key, folder.get(role === 'teacher' ? 'teacher' : 'student_initial', parameter)];
    }),
  );

function inputsOf({ config, inputs }: Folder, index: number): NamedHostTensors {
  return cropsAndMasks(inputs, index, masksLength(config.batch, masksOf(inputs)));
}

const scalarsOf = (
  { lr, weight_decay, ema_momentum, teacher_temp }: Folder['steps'][number],
  index: number,
  { parameterGroups }: DistillationMethod,
): NamedHostTensors =>
  stepInputs(
    adamw,
    {
      ...{ lr, weightDecay: weight_decay, teacherMomentum: ema_momentum, ofMethod: { teacher_temp } },
      lastLayerFrozen: false,
      optimizerSteps: { main: index, lastLayer: index },
    },
    { call: 0, calls: 1 },
    parameterGroups,
  );

/** The same losses by a teacher whose backbone was computed before all steps. */
async function* replayFromFeatures(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  const { steps, config } = folder;
  const program = teacherProgram(specOf(folder), config.batch);
  const teacher = await engine.compile(program, initial(program, folder));
  const given: NamedHostTensors[] = [];
  for (const index of steps.keys()) {
    const all = inputsOf(folder, index);
    const seen = Object.fromEntries(Object.entries(all).filter(([name]) => name in program.inputs));
    given.push({ ...all, ...(await teacher.call(seen)) });
  }
  await teacher.dispose();
  const method = distillationFromFeatures(specOf(folder));
  const session = await sessionOf(engine, folder, method);
  for (const [index, step] of steps.entries()) {
    const made = await session.call({ ...given[index], ...scalarsOf(step, index, method) });
    const loss = outputOf(made, 'loss').data[0] as number;
    yield relativeNumber(`loss of step ${index}, its teacher computed before`, loss, step.loss, STEP_LIMITS.loss);
  }
  await session.dispose();
}

async function* replayWhole(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  const { steps, student, teacher } = folder;
  const method = distillation(specOf(folder));
  const session = await sessionOf(engine, folder, method);
  const means = meansOf(folder);
  for (const [index, step] of steps.entries()) {
    const made = await session.call({ ...inputsOf(folder, index), ...scalarsOf(step, index, method) });
    const scalar = (output: string) => outputOf(made, output).data[0] as number;
    yield relativeNumber(`loss of step ${index}`, scalar('loss'), step.loss, STEP_LIMITS.loss);
    for (const term of TERMS)
      yield relativeNumber(
        `term ${term} of step ${index}`,
        scalar(term) * means[term],
        step.terms[term],
        STEP_LIMITS.loss,
      );
    for (const [module, norm] of Object.entries(step.gradient_norm_before_clipping))
      yield relativeNumber(`norm of ${module}, step ${index}`, normOf(made, module), norm, STEP_LIMITS.norm);
    if (index > 0) continue;
    for (const parameter of Object.keys(networkOf(student).trained))
      yield relative(
        `gradient ${parameter}`,
        reproducible(parameter, outputOf(made, `gradient.${parameter}`)),
        reproducible(parameter, folder.get('gradients_step0', parameter)),
        STEP_LIMITS.gradient,
      );
  }
  const state = await session.readState();
  await session.dispose();
  for (const role of ['student', 'ema'] as const)
    for (const parameter of Object.keys(networkOf(student).parameters))
      yield relative(
        `${role} ${parameter}`,
        reproducible(parameter, outputOf(state, `${role}.${parameter}`)),
        reproducible(parameter, folder.get(`${role}_final`, parameter)),
        STEP_LIMITS.weight,
      );
  for (const parameter of Object.keys(networkOf(teacher).parameters)) {
    const [before, after] = [folder.get('teacher', parameter), outputOf(state, `teacher.${parameter}`)];
    yield exact(`teacher ${parameter} stays`, before.data.join() === after.data.join());
  }
}

/** What makes of each minimized term the original's: a mean over the pairs of crops, the views, or the crops, without its weight. */
function meansOf({
  config: { local_crops: locals, weights },
}: Folder): Readonly<Record<(typeof TERMS)[number], number>> {
  return {
    dino_local_crops_loss: termsOf(locals) / (2 * locals * weights.dino),
    dino_global_crops_loss: termsOf(locals) / (2 * weights.dino),
    koleo_loss: 1 / (2 * weights.koleo),
    ibot_loss: 1 / weights.ibot,
  };
}
