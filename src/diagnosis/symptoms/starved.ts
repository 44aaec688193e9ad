import * as l10n from '@vscode/l10n';
import type { Measured } from '../evidence.js';
import { percent, type Symptom } from '../finding.js';

/** Share of a step's time that is spent waiting for its images. */
const STARVED = 0.25;

/** The processor that trains waits for those that cut crops. */
export function starved({ waiting, settings }: Measured): Symptom | undefined {
  // NaN: nothing was measured.
  if (!(waiting >= STARVED)) return undefined;
  return {
    kind: 'starved',
    level: 'warning',
    title: l10n.t('waiting for data'),
    finding: l10n.t(
      'Starved of data: {0} % of the time the step waits for its images.',
      Math.min(99, percent(waiting)),
    ),
    remedies: [
      l10n.t('raise num_workers (now {0}; resuming may change it)', settings.num_workers),
      l10n.t('keep smaller copies of the images, on a fast disk'),
    ],
    isCurable: true,
  };
}
