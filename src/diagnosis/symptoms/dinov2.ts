/** What goes wrong in a training by DINOv2, and in no other. */
import * as l10n from '@vscode/l10n';
import { type Dinov2Step, isDinov2 } from '../../metrics/metricsLine.js';
import { maskSpec } from '../../settings/specs.js';
import { type Measured, mean } from '../evidence.js';
import { percent, rounded, type Symptom } from '../finding.js';

/** Of the patches' entropy, as a share of ln K; and how many prototypes all patches together use where they are one. */
const ALIKE = { entropy: 0.97, perplexity: 1.5 };
/** Entropy of the teacher, as a share of ln K, below which its targets are one prototype each. */
const ONE_HOT = 0.02;
/** Shares of the prototypes that so many crops, or patches, could use at their entropy. */
const UNUSED = { crops: 0.1, patches: 0.02 };
/** Below this distance the logarithm's gradient outweighs all others; neighbors of different images are ten times as far. */
const NO_DISTANCE = 0.01;
/** In so many of the steps it is no chance. */
const OFTEN = 0.25;
/** Of what is asked for: the original's masks are complete up to a patch or two. */
const FULL_MASKS = 0.8;

const stepsOf = ({ steps }: Measured): Dinov2Step[] => steps.filter(isDinov2);

/** Patches on a side of a global crop; 0: none are masked. */
const sideOf = ({ settings }: Measured): number => maskSpec(settings)?.grid.rows ?? 0;

/** All patches have the same answer, or every answer. */
export function patchesAlike(seen: Measured): Symptom | undefined {
  const steps = stepsOf(seen).filter((step) => step.ibot_perplexity > 0);
  if (steps.length === 0 || seen.isWarmingUp) return undefined;
  const { settings } = seen;
  const perplexity = mean(steps, (step) => step.ibot_perplexity);
  const entropy = mean(steps, (step) => step.ibot_teacher_entropy);
  const lnK = Math.log(settings.ibot_separate_head ? settings.ibot_head_n_prototypes : settings.out_dim);
  const isOne = perplexity < ALIKE.perplexity;
  if (!isOne && entropy <= ALIKE.entropy * lnK) return undefined;
  return {
    kind: 'patches-alike',
    level: 'error',
    title: l10n.t('patches collapsed'),
    finding: isOne
      ? l10n.t('The iBOT loss has collapsed: the teacher gives all masked patches the same prototype.')
      : l10n.t(
          'The iBOT loss has collapsed: to the teacher all prototypes fit every patch alike (entropy {0} of ln K = {1}).',
          entropy.toFixed(2),
          lnK.toFixed(2),
        ),
    remedies: [
      isOne && l10n.t('raise teacher_temp (now {0})', seen.teacherTemp),
      !isOne && l10n.t('lower teacher_temp and warmup_teacher_temp (now {0})', seen.teacherTemp),
      settings.centering === 'centering' && l10n.t('set centering to sinkhorn_knopp'),
      l10n.t('lower lr (now {0})', settings.lr),
    ],
  };
}

/** Targets that say which prototype, and nothing of how alike the others are. */
export function oneHot(seen: Measured): Symptom | undefined {
  if (stepsOf(seen).length === 0 || seen.entropy >= ONE_HOT * seen.lnK) return undefined;
  return {
    kind: 'one-hot',
    level: 'warning',
    title: l10n.t('teacher too sharp'),
    finding: l10n.t(
      'The teacher is too sharp: each of its targets is a single prototype (entropy {0} of ln K = {1}).',
      seen.entropy.toFixed(2),
      seen.lnK.toFixed(2),
    ),
    remedies: [l10n.t('raise teacher_temp (now {0})', seen.teacherTemp)],
  };
}

/** A batch uses few of the prototypes that it could. */
export function prototypesUnused(seen: Measured): Symptom | undefined {
  const steps = stepsOf(seen);
  if (steps.length === 0 || seen.isWarmingUp) return undefined;
  const { settings } = seen;
  const crops = (2 * settings.batch_size) / settings.gradient_accumulation_steps;
  const side = sideOf(seen);
  const masked = crops * settings.mask_sample_probability * side ** 2 * mean(steps, (step) => step.masked_share);
  const prototypes = settings.ibot_separate_head ? settings.ibot_head_n_prototypes : settings.out_dim;
  const usable = (rows: number, entropy: number, most: number) => Math.min(most, rows * Math.exp(entropy));
  const ofCrops = mean(steps, (step) => step.dino_perplexity);
  const ofPatches = mean(steps, (step) => step.ibot_perplexity);
  const few = ofCrops < UNUSED.crops * usable(crops, seen.entropy, settings.out_dim);
  const patchEntropy = mean(steps, (step) => step.ibot_teacher_entropy);
  const fewOfPatches = ofPatches > 0 && ofPatches < UNUSED.patches * usable(masked, patchEntropy, prototypes);
  if (!few && !fewOfPatches) return undefined;
  return {
    kind: 'prototypes-unused',
    level: 'warning',
    title: l10n.t('prototypes unused'),
    finding: few
      ? l10n.t('The images of a batch use only about {0} of {1} prototypes.', rounded(ofCrops), settings.out_dim)
      : l10n.t('The masked patches of a batch use only about {0} of {1} prototypes.', rounded(ofPatches), prototypes),
    remedies: [
      settings.centering === 'centering' && l10n.t('set centering to sinkhorn_knopp'),
      l10n.t('lower out_dim (now {0})', settings.out_dim),
    ],
  };
}

/** KoLeo pushes two features apart that are of the same image. */
export function neighborsAlike(seen: Measured): Symptom | undefined {
  const steps = stepsOf(seen);
  const alike = steps.filter((step) => step.koleo_distance < NO_DISTANCE).length / steps.length;
  if (seen.settings.koleo_loss_weight === 0 || !(alike >= OFTEN)) return undefined;
  return {
    kind: 'neighbors-alike',
    level: 'warning',
    title: l10n.t('KoLeo driven by duplicates'),
    finding: l10n.t(
      'KoLeo is driven by duplicates: in {0} % of the batches two images have the same features, which it pushes apart harder than all others.',
      percent(alike),
    ),
    remedies: [
      l10n.t('remove images that are there twice ("dino copies" finds them)'),
      l10n.t('lower koleo_loss_weight (now {0})', seen.settings.koleo_loss_weight),
    ],
  };
}

/** Blocks of the size that is asked for do not fit. */
export function masksTooLarge(seen: Measured): Symptom | undefined {
  const steps = stepsOf(seen).filter((step) => step.ibot_perplexity > 0);
  if (steps.length === 0) return undefined;
  const { mask_ratio_min_max: ratio } = seen.settings;
  const side = sideOf(seen);
  // Rounded down to whole patches.
  const asked = (ratio[0] + ratio[1]) / 2 - 1 / (2 * side ** 2);
  const masked = mean(steps, (step) => step.masked_share);
  if (masked >= FULL_MASKS * asked) return undefined;
  return {
    kind: 'masks-too-large',
    level: 'warning',
    title: l10n.t('masks too large for the grid'),
    finding: l10n.t(
      'The masks do not fit the grid of {0} x {0} patches: {1} % of a masked crop are hidden, where {2} % are asked for.',
      side,
      percent(masked),
      percent(asked),
    ),
    remedies: [
      l10n.t('lower mask_ratio_min_max (now {0})', JSON.stringify(ratio)),
      l10n.t('raise image_size, or lower patch_size, for a finer grid'),
    ],
  };
}
