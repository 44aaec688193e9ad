/** Computes the outputs of a teacher that are not on disk yet: before the training, so that teacher and student are never in memory together. */
import type { Batches } from '../../data/batches.js';
import type { Engine, Session } from '../../engines/engine.js';
import { betweenStages, unlessStopped } from '../../engines/stop.js';
import { FEATURE_GROUPS } from '../../method/methods/precomputedTeacher.js';
import type { HostTensor, NamedHostTensors } from '../../program/program.js';
import type { StepValues } from '../../runs/teacherOutputs/outputsFolder.js';
import type { Settings } from '../../settings/settings.js';
import { trainedDistillation } from '../methods/distillation.js';
import { imagesByCall } from '../step.js';
import { givenToTeacher, ofTeacher, programOfTeacher } from './givenToTeacher.js';
import type { PlannedOutputs } from './plannedOutputs.js';

interface Surroundings {
  readonly engine: Engine;
  readonly stop: AbortSignal;
  /** Reads those of the teacher, by their names in the state: asked for once, so that nothing else holds them. */
  readonly weights: () => Promise<NamedHostTensors>;
  /** The batches of a run with these settings, from a step on. */
  readonly batchesFrom: (settings: Settings, step: number) => Batches;
  /** How many of them are computed. */
  readonly onComputed: (computed: number) => void;
}

/**
 * What is on disk stays there when this is stopped, or fails.
 * @throws Error with one sentence; the reason of `stop` when it aborts
 */
export async function computeOutputs(
  settings: Settings,
  { folder, missing }: PlannedOutputs,
  surroundings: Surroundings,
): Promise<void> {
  const { stop, batchesFrom, onComputed } = surroundings;
  await folder.begin();
  const session = await teacherSession(settings, surroundings);
  let [written, computed] = [Promise.resolve(), 0];
  try {
    for (const [first, ...others] of stretches(missing)) {
      const batches = batchesFrom(ofTeacher(settings), first);
      try {
        for (const step of [first, ...others]) {
          await betweenStages(stop);
          const { views } = await unlessStopped(batches.next(), stop);
          const given = givenToTeacher(settings, step, views);
          const outputs = await outputsOf(session, settings, given);
          // One file is written while the next one is computed.
          await written;
          written = folder.write(step, given, outputs);
          written.catch(() => undefined);
          onComputed(++computed);
        }
      } finally {
        await batches.close();
      }
    }
    await written;
  } finally {
    await written.catch(() => undefined);
    await session.dispose();
  }
}

async function teacherSession(settings: Settings, { engine, stop, weights }: Surroundings): Promise<Session> {
  const program = programOfTeacher(settings);
  const values = await weights();
  const state = Object.fromEntries(Object.keys(program.state).map((name) => [name, tensorNamed(values, name)]));
  return engine.compile(program, state, { stop });
}

/** Runs of consecutive steps, each in its order. */
function* stretches(steps: readonly number[]): Generator<readonly [number, ...number[]]> {
  let stretch: [number, ...number[]] | undefined;
  for (const step of steps) {
    if (stretch?.at(-1) === step - 1) stretch?.push(step);
    else {
      if (stretch) yield stretch;
      stretch = [step];
    }
  }
  if (stretch) yield stretch;
}

/** Computed in the parts that the step would compute it in. @returns of the whole batch */
async function outputsOf(session: Session, settings: Settings, given: StepValues): Promise<StepValues> {
  const parts: NamedHostTensors[] = [];
  const method = trainedDistillation.method(ofTeacher(settings));
  for (const inputs of imagesByCall(settings, given, method)) parts.push(await session.call(inputs));
  return Object.fromEntries(
    Object.keys(parts[0] ?? {}).map((name) => [
      name,
      joined(
        parts.map((outputs) => tensorNamed(outputs, name).data),
        FEATURE_GROUPS[name] ?? 1,
      ),
    ]),
  );
}

/** Of values [groups, images of a part, ...] those of the whole batch, [groups, images, ...]. */
function joined(parts: readonly HostTensor['data'][], groups: number): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (let group = 0; group < groups; group++)
    for (const data of parts) {
      const length = data.length / groups;
      whole.set(data.subarray(group * length, (group + 1) * length), filled);
      filled += length;
    }
  return whole;
}

function tensorNamed(tensors: NamedHostTensors, name: string): HostTensor {
  const found = tensors[name];
  if (found === undefined) throw new Error(`The teacher has no ${name}.`);
  return found;
}
