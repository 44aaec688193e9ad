import { expect, it } from 'vitest';
import { paceOf } from '../../../../src/training/suggestion/pace.js';

const repeated = (value: number, times: number) => Array.from({ length: times }, () => value);
const trial = (
  steps: readonly number[],
  rest: { processor?: number; saves?: readonly number[]; end?: number } = {},
) => ({
  start: 2,
  steps,
  processor: repeated(rest.processor ?? 1, steps.length),
  saves: rest.saves ?? [],
  end: rest.end ?? 0.5,
});
const never = { stepsOfProbe: 1000, decoding: 0 };

it('the steps that were made stand for themselves, and their second half for the rest of the epoch', () => {
  // Ten slow steps and ten fast ones, of forty.
  const pace = paceOf(trial([...repeated(3, 10), ...repeated(1, 10)]), { ...never, stepsOfEpoch: 40 });
  expect(pace.step).toBeCloseTo((10 * 3 + 30 * 1) / 40, 12);
  expect(pace.laterStep).toBeCloseTo(1, 12);
  expect(pace.start).toBe(2);
});

it('takes the mean, since a run has slow steps, too', () => {
  const steps = Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? 5 : 1));
  expect(paceOf(trial(steps), { ...never, stepsOfEpoch: 40 }).step).toBeCloseTo(2, 12);
});

it('measures later epochs where the trial reaches them: the second half of all, outside the first epoch', () => {
  const reached = [...repeated(4, 10), ...repeated(3, 5), ...repeated(1, 15)];
  const pace = paceOf(trial(reached), { ...never, stepsOfEpoch: 10, decoding: 0.9 });
  expect(pace.step).toBe(4);
  expect(pace.laterStep).toBe(1);
  // Five steps tell too little: what decoding takes is subtracted instead.
  const few = paceOf(trial([...repeated(4, 10), ...repeated(1, 5)]), { ...never, stepsOfEpoch: 10, decoding: 0.25 });
  expect(few.laterStep).toBeCloseTo(4 * (1 - 0.25), 12);
});

it('decoding saves no more than nine tenths, and nothing where the processor tells no time', () => {
  const steps = repeated(1, 4);
  const later = (processor: number) =>
    paceOf(trial(steps, { processor }), { ...never, stepsOfEpoch: 8, decoding: 5 }).laterStep;
  expect(later(2)).toBeCloseTo(0.1, 12);
  expect(later(0)).toBe(1);
});

it('leaves out the steps with a probe, unless all have one', () => {
  // The probe after step 5 is in the sixth length, the one after step 10 in the eleventh.
  const steps = Array.from({ length: 12 }, (_, i) => (i === 5 || i === 10 ? 9 : 1));
  expect(paceOf(trial(steps), { ...never, stepsOfEpoch: 12, stepsOfProbe: 5 }).step).toBe(1);
  expect(paceOf(trial(repeated(3, 12)), { ...never, stepsOfEpoch: 12, stepsOfProbe: 1 }).step).toBeCloseTo(3, 12);
});

it('a checkpoint takes what those between steps took, or the one at the end', () => {
  const workload = { ...never, stepsOfEpoch: 10 };
  expect(paceOf(trial([1, 1], { saves: [0.1, 0.3] }), workload)).toMatchObject({ save: 0.2, end: 0.5 });
  expect(paceOf(trial([1, 1]), workload)).toMatchObject({ save: 0.5, end: 0.5 });
});
