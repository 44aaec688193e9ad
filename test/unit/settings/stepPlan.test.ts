import { describe, expect, test } from 'vitest';
import { planInEpochs, type StepPlan } from '../../../src/settings/stepPlan.js';

const plan: StepPlan = { steps: 1000, leastEpochs: 5, warmupSteps: 200, frozenSteps: 30 };

describe('a plan in steps becomes whole epochs', () => {
  test('few images: as many epochs as the steps take', () => {
    expect(planInEpochs(plan, 6)).toEqual({ epochs: 167, warmup_epochs: 34, freeze_last_layer: 5, saveckp_freq: 17 });
    expect(planInEpochs(plan, 30)).toEqual({ epochs: 34, warmup_epochs: 7, freeze_last_layer: 1, saveckp_freq: 3 });
  });

  test('many images: the epochs that there are at least', () => {
    expect(planInEpochs(plan, 625)).toEqual({ epochs: 5, warmup_epochs: 1, freeze_last_layer: 0, saveckp_freq: 1 });
  });

  test('a length that somebody chose is kept, and the warm-up leaves most of it', () => {
    expect(planInEpochs(plan, 30, 10)).toEqual({ epochs: 10, warmup_epochs: 4, freeze_last_layer: 1, saveckp_freq: 1 });
    expect(planInEpochs(plan, 30, 1)).toEqual({ epochs: 1, warmup_epochs: 1, freeze_last_layer: 1, saveckp_freq: 1 });
    expect(planInEpochs(plan, 6, 600)).toMatchObject({ epochs: 600, warmup_epochs: 34, saveckp_freq: 60 });
  });

  test('the prototypes thaw before the warm-up ends, and are not fixed for an epoch that is far longer', () => {
    expect([90, 91].map((stepsPerEpoch) => planInEpochs(plan, stepsPerEpoch).freeze_last_layer)).toEqual([1, 0]);
    expect(planInEpochs(plan, 2, 3)).toMatchObject({ epochs: 3, warmup_epochs: 1, freeze_last_layer: 1 });
  });
});
