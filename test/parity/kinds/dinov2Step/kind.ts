/** Folders of the form of `dinov2-step`: three training steps of two variants of DINOv2. */
import { networkOf } from '../../../../src/method/network.js';
import { dinov2Groups } from '../../../../src/method/optimizers/dinov2Groups.js';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import { planHyperparameters } from '../../../../src/training/hyperparameters.js';
import { type Difference, exact, largestOf } from '../../difference.js';
import type { Kind } from '../../kind.js';
import { type Folder, readDinov2Step, type Variant } from './reference.js';
import { countOf, replay } from './replay.js';

export const dinov2Step: Kind = {
  name: 'dinov2-step',
  tellBy: 'an expected.json with config, variants and schedules',
  recognizes: (json) => ['config', 'variants', 'schedules'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const folder = readDinov2Step(dir, file, json);
    return {
      leftOut: folder.leftOut,
      precisions: ['float32'],
      *withoutEngine() {
        yield* groups(folder);
        yield* schedules(folder);
      },
      on: (engine) => replay(engine, folder),
      count: () => ({
        withoutEngine: 3 * folder.variants.length + SCHEDULES.length,
        on: folder.variants.reduce((sum, variant) => sum + countOf(variant), 0),
      }),
    };
  },
};

/** What each parameter's learning rate and weight decay are multiplied by. */
function* groups({ variants }: Folder): Generator<Difference> {
  for (const variant of variants) {
    const { name, network, layerwise_decay: decay, patch_embed_lr_mult: patchEmbed } = variant;
    const { backbone, trained } = networkOf(network);
    const { of: groupOf } = dinov2Groups(backbone, { decay, patchEmbed });
    const parameters = Object.entries(trained);
    const wanted = (parameter: string) => groupIn(variant, parameter);
    const rates = parameters.map(
      ([parameter, spec]) => [groupOf(parameter, spec).lrScale, wanted(parameter).lr_multiplier] as const,
    );
    yield largestOf(
      `learning rates of ${name}`,
      rates.map(([ours]) => ours),
      rates.map(([, theirs]) => theirs),
      1e-15,
    );
    const decayed = parameters.every(
      ([parameter, spec]) => (groupOf(parameter, spec).isDecayed ? 1 : 0) === wanted(parameter).wd_multiplier,
    );
    yield exact(`weight decay of ${name}`, decayed);
    const last = parameters.every(
      ([parameter, spec]) => groupOf(parameter, spec).startsLater === wanted(parameter).is_last_layer,
    );
    yield exact(`last layers of ${name}`, last);
  }
}

function groupIn({ parameter_groups, originalName, name }: Variant, parameter: string) {
  const group = parameter_groups[originalName(parameter)];
  if (group === undefined) throw new Error(`The variant ${name} has no group of ${originalName(parameter)}.`);
  return group;
}

const SCHEDULES = ['lr', 'weight_decay', 'teacher_momentum', 'teacher_temp', 'last_layer_lr'] as const;

function* schedules({ schedules: wanted }: Folder): Generator<Difference> {
  const { OFFICIAL_EPOCH_LENGTH: perEpoch = 0, epochs = 0, lr = 0, ...given } = wanted.settings;
  const { freeze_last_layer_epochs: frozen, final_momentum_teacher: _, ...set } = given;
  // For a batch of 1024 the rate is as it is set.
  const { settings } = resolveSettings({
    set: { ...set, method: 'dinov2', epochs, lr, freeze_last_layer: frozen, batch_size: 1024 },
  });
  const plan = planHyperparameters(settings, perEpoch);
  const planned = Array.from({ length: epochs * perEpoch }, (_, step) => plan(step));
  const ours: Readonly<Record<(typeof SCHEDULES)[number], number[]>> = {
    lr: planned.map(({ lr }) => lr),
    weight_decay: planned.map(({ weightDecay }) => weightDecay),
    teacher_momentum: planned.map(({ teacherMomentum }) => teacherMomentum),
    teacher_temp: planned.map(({ ofMethod }) => ofMethod['teacher_temp'] ?? Number.NaN),
    last_layer_lr: planned.map(({ lr, lastLayerFrozen }) => (lastLayerFrozen ? 0 : lr)),
  };
  for (const name of SCHEDULES)
    yield largestOf(`schedule ${name}`, ours[name], wanted[name].slice(0, planned.length), 1e-12);
}
