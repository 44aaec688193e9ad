import * as l10n from '@vscode/l10n';
import type { Evidence } from '../evidence.js';
import type { Symptom } from '../finding.js';

/** The original's `clip_grad`; above, clipping is of little help. */
const USUAL_CLIP = 3;

/** The loss or the gradient was not finite, and that ended the run. */
export function diverged({ settings, divergedAt }: Evidence): Symptom | undefined {
  if (divergedAt === undefined) return undefined;
  const { warmup_epochs, lr, clip_grad, norm_last_layer } = settings;
  return {
    kind: 'diverged',
    level: 'error',
    title: l10n.t('diverged'),
    finding: l10n.t(
      'Training diverged: at step {0} the loss or the gradient was no longer a finite number.',
      divergedAt,
    ),
    remedies: [
      warmup_epochs === 0 && l10n.t('warm the learning rate up: it was not, warmup_epochs is 0'),
      l10n.t('lower lr (now {0})', lr),
      clip_grad === 0 || clip_grad > USUAL_CLIP
        ? l10n.t('set clip_grad to {0} (now {1})', USUAL_CLIP, clip_grad)
        : l10n.t('lower clip_grad'),
      !norm_last_layer && l10n.t('set norm_last_layer to true'),
    ],
    isCurable: true,
  };
}
