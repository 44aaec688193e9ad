import * as l10n from '@vscode/l10n';
import { type Measured, mean } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { lowerRate } from './entropy.js';

/** Steps that are averaged, so that what one batch differs from the next is not seen. */
const SMOOTHED = 10;
/** Share of ln K that a swing goes at least: a run that learns moves by less in so few steps, but for its first fall. */
const HEIGHT = 0.15;
/** The first fall and one correction of it are usual; a third turn is a swing. */
const LEAST_SWINGS = 3;

/**
 * Loss or teacher entropy goes up and down by much: student and teacher chase each other instead of settling. Runs that
 * learn were seen to do so, too, while the rate warms up.
 */
export function swinging(seen: Measured): Symptom | undefined {
  const { steps, lnK, isWarmingUp } = seen;
  if (isWarmingUp) return undefined;
  const blocks: (typeof steps)[] = [];
  for (let end = steps.length; end >= SMOOTHED; end -= SMOOTHED) blocks.unshift(steps.slice(end - SMOOTHED, end));
  const losses = blocks.map((block) => mean(block, ({ loss }) => loss));
  const entropies = blocks.map((block) => mean(block, (step) => step.teacher_entropy));
  const swings = Math.max(countSwings(losses, HEIGHT * lnK), countSwings(entropies, HEIGHT * lnK));
  if (swings < LEAST_SWINGS) return undefined;
  return {
    kind: 'swinging',
    level: 'warning',
    title: l10n.t('loss swings'),
    finding: l10n.t(
      'The loss swings between {0} and {1} and the teacher entropy between {2} and {3} (ln K = {4}): training does not settle.',
      Math.min(...losses).toFixed(1),
      Math.max(...losses).toFixed(1),
      Math.min(...entropies).toFixed(1),
      Math.max(...entropies).toFixed(1),
      lnK.toFixed(2),
    ),
    remedies: [lowerRate(seen), l10n.t('raise momentum_teacher (now {0})', seen.settings.momentum_teacher)],
  };
}

/** How often the values went up or down by at least `height`, each time the other way. */
export function countSwings(values: readonly number[], height: number): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let direction: 'up' | 'down' | undefined;
  let swings = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (direction !== 'up' && value - low >= height) direction = 'up';
    else if (direction !== 'down' && high - value >= height) direction = 'down';
    else continue;
    swings++;
    low = high = value;
  }
  return swings;
}
