import * as l10n from '@vscode/l10n';
import type { Measured } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { sharpen } from './entropy.js';

/** Of the loss and its fall, as shares of ln K. */
const FLAT = { loss: 0.97, fall: 0.02 };
/** Times ln K: an untrained student has up to about 1.15, since it is sure of itself and wrong. */
const ABOVE = 1.25;

/** Whether the loss is that of a student that tells nothing apart. */
export const isAtLnK = ({ loss, lnK }: Measured): boolean => loss >= FLAT.loss * lnK;

/** The loss stays where it began. While the rate warms up that is usual. */
export function flat(seen: Measured): Symptom | undefined {
  const { settings, lnK, loss, fall, isWarmingUp } = seen;
  if (!isAtLnK(seen) || fall > FLAT.fall * lnK || isWarmingUp) return undefined;
  return {
    kind: 'flat',
    level: 'error',
    title: l10n.t('loss flat at ln K'),
    finding:
      loss > ABOVE * lnK
        ? l10n.t(
            'The loss stays above ln K = {0} (now {1}), the loss of uniform outputs: the student does not learn.',
            lnK.toFixed(2),
            loss.toFixed(2),
          )
        : l10n.t(
            'The loss stays at ln K = {0} (now {1}), the loss of uniform outputs: the student does not learn.',
            lnK.toFixed(2),
            loss.toFixed(2),
          ),
    remedies: [
      ...sharpen(seen),
      l10n.t(
        'raise freeze_last_layer (now {0}) or warmup_epochs (now {1})',
        settings.freeze_last_layer,
        settings.warmup_epochs,
      ),
    ],
  };
}
