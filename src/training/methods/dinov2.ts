/** A training by DINOv2, with the original's schedules (train.py, `build_schedulers`). */
import { viewsNamed } from '../../data/batch.js';
import { keptSamples } from '../../method/layers/dropPath.js';
import { listed, type MaskSpec, patchesOf } from '../../method/masks/maskedCrops.js';
import { GLOBALS } from '../../method/methods/dino.js';
import { type Dinov2Spec, dinov2, masksLength } from '../../method/methods/dinov2.js';
import { cosineSchedule, teacherTemperature } from '../../method/schedules.js';
import { DINOV2_METRICS } from '../../metrics/dinov2.js';
import type { Settings } from '../../settings/settings.js';
import { maskSpec, networkSpec } from '../../settings/specs.js';
import { masksOfPart } from '../batchMasks.js';
import type { TrainedMethod } from './trainedMethod.js';

export const trainedDinov2: TrainedMethod<(typeof DINOV2_METRICS)[number]> = {
  metrics: DINOV2_METRICS,
  evaluated: 'teacher',
  // KoLeo, Sinkhorn-Knopp, and masks that are drawn for each part.
  comparesImages: true,

  method: (settings) => dinov2(dinov2Spec(settings)),

  schedule: (settings, iterationsPerEpoch) => {
    const momentum = cosineSchedule({
      base: settings.momentum_teacher,
      final: 1,
      epochs: settings.epochs,
      iterationsPerEpoch,
    });
    // By iteration, where DINO's is by epoch.
    const temperature = teacherTemperature({
      warmupTemperature: settings.warmup_teacher_temp,
      temperature: settings.teacher_temp,
      warmupEpochs: settings.warmup_teacher_temp_epochs * iterationsPerEpoch,
    });
    return {
      frozenSteps: settings.freeze_last_layer * iterationsPerEpoch,
      frozenBy: 'rate',
      plan: (step) => {
        const [teacher_momentum, teacher_temp] = [momentum(step), temperature(step)];
        return {
          teacherMomentum: teacher_momentum,
          ofMethod: { teacher_temp },
          metrics: { teacher_momentum, teacher_temp },
        };
      },
    };
  },

  inputs: (settings, step, views) => {
    const masks = maskSpec(settings);
    return {
      globals: viewsNamed(views, 'globals'),
      ...(settings.local_crops_number > 0 && { locals: viewsNamed(views, 'locals') }),
      ...(masks && maskInputs(settings, step, masks)),
      ...(settings.drop_path_rate > 0 && dropPathInputs(settings, step)),
    };
  },
};

export function dinov2Spec(settings: Settings): Dinov2Spec {
  const masks = maskSpec(settings);
  return {
    network: networkSpec(settings),
    localCropsNumber: settings.local_crops_number,
    localSize: settings.local_size,
    ...(masks && { masks }),
    dropPathRate: settings.drop_path_rate,
    centering: settings.centering,
    studentTemp: settings.student_temp,
    centerMomentum: settings.center_momentum,
    weights: {
      dino: settings.dino_loss_weight,
      ibot: settings.ibot_loss_weight,
      koleo: settings.koleo_loss_weight,
    },
    rates: { decay: settings.layerwise_decay, patchEmbed: settings.patch_embed_lr_mult },
  };
}

/** The parts that a step's images are computed in, each with masks of its own, as each GPU of the original has. */
function ofParts<Drawn extends Readonly<Record<string, Float32Array>>>(
  { batch_size, gradient_accumulation_steps: parts }: Settings,
  draw: (part: number, images: number) => Drawn,
): Drawn {
  const drawn = Array.from({ length: parts }, (_, part) => draw(part, batch_size / parts));
  const [first] = drawn as [Drawn];
  if (parts === 1) return first;
  const joined = Object.keys(first).map((name) => [name, concatenated(drawn.map((part) => part[name]))]);
  return Object.fromEntries(joined) as Drawn;
}

function concatenated(parts: readonly (Float32Array | undefined)[]): Float32Array {
  const arrays = parts.flatMap((part) => part ?? []);
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const array of arrays) {
    whole.set(array, filled);
    filled += array.length;
  }
  return whole;
}

const maskInputs = (settings: Settings, step: number, spec: MaskSpec) =>
  ofParts(settings, (part, images) => {
    const all = masksOfPart(settings, step, { part, images }, spec);
    const { masks, indices, weights } = listed(all, patchesOf(spec), masksLength(images, spec));
    return { masks, mask_indices_list: indices, masks_weight: weights };
  });

const dropPathInputs = (settings: Settings, step: number) =>
  ofParts(settings, (part, images) => {
    const { seed, depth, drop_path_rate: rate, local_crops_number: locals } = settings;
    const kept = (size: number, samples: number) => keptSamples(seed, step, 2 * part + size, { depth, rate, samples });
    return {
      drop_path_globals: kept(0, GLOBALS * images),
      ...(locals > 0 && { drop_path_locals: kept(1, locals * images) }),
    };
  });
