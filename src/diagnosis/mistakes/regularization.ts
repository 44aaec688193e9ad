/** What holds the student back so much that it cannot learn. */

import * as l10n from '@vscode/l10n';
import { dropPathRate } from '../../settings/specs.js';
import type { Evidence } from '../evidence.js';
import { COLLAPSES, type Mistake, TROUBLES } from '../finding.js';

/** The original's largest is .4, at the end. */
const HIGH_WEIGHT_DECAY = 1;
/** The original's is .1. */
const HIGH_DROP_PATH = 0.5;
/** A gradient of this norm has elements of the size of AdamW's epsilon, 1e-8, below which a weight no longer moves. */
const TIGHT_CLIP = 1e-5;

export function weightDecayTooHigh({ settings }: Evidence): Mistake | undefined {
  const { weight_decay, weight_decay_end, optimizer } = settings;
  // The limit and the remedy are AdamW's; the decay of SGD and LARS is part of the gradient.
  if (optimizer !== 'adamw') return undefined;
  const highest = Math.max(weight_decay, weight_decay_end);
  if (highest <= HIGH_WEIGHT_DECAY) return undefined;
  return {
    kind: 'weight-decay-too-high',
    level: 'warning',
    title: l10n.t('weight decay too high'),
    finding: l10n.t(
      'The weight decay is too high (weight_decay {0}, weight_decay_end {1}): it shrinks the weights faster than they learn.',
      weight_decay,
      weight_decay_end,
    ),
    remedies: [
      l10n.t(
        'set weight_decay to 0.04 (now {0}) and weight_decay_end to 0.4 (now {1})',
        weight_decay,
        weight_decay_end,
      ),
    ],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function dropPathTooHigh({ settings }: Evidence): Mistake | undefined {
  const drop_path_rate = dropPathRate(settings);
  if (drop_path_rate < HIGH_DROP_PATH) return undefined;
  return {
    kind: 'drop-path-too-high',
    level: 'warning',
    title: l10n.t('drop path too high'),
    finding: l10n.t(
      'The drop path is too high (drop_path_rate {0}): the last block of the student is skipped {1} % of the time.',
      drop_path_rate,
      Math.round(100 * drop_path_rate),
    ),
    remedies: [l10n.t('lower drop_path_rate to 0.1 (now {0})', drop_path_rate)],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function clippedToNothing({ settings }: Evidence): Mistake | undefined {
  const { clip_grad } = settings;
  if (clip_grad === 0 || clip_grad > TIGHT_CLIP) return undefined;
  return {
    kind: 'clipped-to-nothing',
    level: 'warning',
    title: l10n.t('gradients clipped to nothing'),
    finding: l10n.t('The gradients are clipped to almost nothing (clip_grad {0}): the weights hardly move.', clip_grad),
    remedies: [l10n.t('set clip_grad to 3 (now {0})', clip_grad)],
    explains: ['still', 'flat', 'worse-features'],
  };
}
