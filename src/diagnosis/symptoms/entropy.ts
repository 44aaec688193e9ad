/** What the sentences about the teacher's outputs share. */
import * as l10n from '@vscode/l10n';
import { outDimFor } from '../../settings/presets.js';
import type { Measured } from '../evidence.js';
import type { Remedies } from '../finding.js';

export const entropyText = ({ entropy, lnK }: Measured): string =>
  l10n.t('teacher entropy {0} of ln K = {1}', entropy.toFixed(2), lnK.toFixed(2));

/** The original's. */
const USUAL_TEMP = 0.04;
/** Student and teacher chase each other where the teacher changes by a hundredth a step and more. */
const QUICK_MOMENTUM = 0.99;

/** What makes the teacher's outputs less uniform. */
export function sharpen({ settings, images, teacherTemp }: Measured): Remedies {
  const fitting = outDimFor(images);
  return [
    // Below it, targets that are sharper still were not what uniform teachers lacked.
    teacherTemp >= USUAL_TEMP &&
      l10n.t('sharpen more: lower teacher_temp and warmup_teacher_temp (now {0})', teacherTemp),
    settings.out_dim > fitting &&
      l10n.t('fewer prototypes: out_dim {0} suits {1} images (now {2})', fitting, images, settings.out_dim),
  ];
}

export const lowerRate = ({ settings }: Measured): string => l10n.t('lower lr (now {0})', settings.lr);

/** What steadies a teacher that follows quickly. */
export const steadier = ({ settings: { momentum_teacher } }: Measured): string | false =>
  momentum_teacher < QUICK_MOMENTUM && l10n.t('raise momentum_teacher (now {0})', momentum_teacher);
