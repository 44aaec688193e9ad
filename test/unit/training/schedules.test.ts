import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { Throughput } from '../../../src/training/throughput.js';
import { tinySettings } from './images.js';

interface ReferenceStep {
  readonly epoch: number;
  readonly lr: number;
  readonly weight_decay: number;
  readonly teacher_momentum: number;
  readonly teacher_temp: number;
}

describe('hyperparameters', () => {
  it("follow the original's schedules", () => {
    const { steps } = JSON.parse(readFileSync('test/reference/tiny-vit/expected.json', 'utf8')) as {
      steps: ReferenceStep[];
    };
    const { settings } = resolveSettings({
      set: tinySettings({
        // A batch of 4: the reference's peak of .004 is lr * 4 / 256.
        lr: 0.256,
        min_lr: 1e-6,
        epochs: 3,
        warmup_epochs: 1,
        momentum_teacher: 0.9,
        warmup_teacher_temp: 0.04,
        teacher_temp: 0.07,
        warmup_teacher_temp_epochs: 2,
      }),
    });
    const plan = planHyperparameters(settings, 2);
    steps.forEach((step, index) => {
      const { epoch, lr, weightDecay, teacherMomentum, ofMethod } = plan(index);
      expect(epoch).toBe(step.epoch);
      expect(weightDecay).toBeCloseTo(step.weight_decay, 14);
      expect(teacherMomentum).toBeCloseTo(step.teacher_momentum, 14);
      expect(ofMethod).toEqual({ teacher_temp: step.teacher_temp });
      expect(lr).toBeCloseTo(step.lr, 14);
    });
  });

  it('count the last layer from when it thaws', () => {
    const { settings } = resolveSettings({ set: tinySettings({ freeze_last_layer: 1 }) });
    const plan = planHyperparameters(settings, 6);
    expect(plan(5)).toMatchObject({ lastLayerFrozen: true, optimizerSteps: { main: 5, lastLayer: 0 } });
    expect(plan(6)).toMatchObject({ lastLayerFrozen: false, optimizerSteps: { main: 6, lastLayer: 0 } });
    expect(plan(9)).toMatchObject({ lastLayerFrozen: false, optimizerSteps: { main: 9, lastLayer: 3 } });
    expect(() => plan(12)).toThrow('step 12 lies outside the schedule of 12 values');
  });
});

describe('throughput', () => {
  it('leaves the first step out, and forgets old ones', () => {
    const throughput = new Throughput(8);
    throughput.stepEnded(10_000);
    expect([throughput.imagesPerSecond, throughput.etaSeconds(10)]).toEqual([undefined, undefined]);
    throughput.stepEnded(10_500);
    expect(throughput.imagesPerSecond).toBe(16);
    expect(throughput.etaSeconds(10)).toBe(5);
    // The slow one is forgotten with the thirtieth that came after it.
    for (let i = 1; i <= 29; i++) throughput.stepEnded(10_500 + 100 * i);
    expect(throughput.imagesPerSecond).toBeCloseTo(8000 / ((500 + 29 * 100) / 30), 10);
    throughput.stepEnded(10_500 + 100 * 30);
    expect(throughput.imagesPerSecond).toBeCloseTo(80, 10);
    expect(throughput.etaSeconds(0)).toBe(0);
  });
});
