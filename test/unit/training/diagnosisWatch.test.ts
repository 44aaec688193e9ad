import { expect, it } from 'vitest';
import { DiagnosisWatch } from '../../../src/training/diagnosisWatch.js';
import { LN_K, STEPS_PER_EPOCH, settings, steps } from '../diagnosis/evidence.js';

const watching = (changes: Readonly<Record<string, unknown>> = {}) =>
  new DiagnosisWatch(settings(changes), STEPS_PER_EPOCH, 10_240);
const learning = steps(100);
const uniform = steps(200, () => ({ loss: LN_K, teacher_entropy: 0.995 * LN_K, kl: 0.005 * LN_K }));

it('says a mistake before the first step, and again when its collapse is seen, once each', () => {
  const watch = watching({ momentum_teacher: 0.5 });
  expect(watch.begun(undefined)).toMatchObject({ kind: 'teacher-too-quick', level: 'warning' });
  expect(learning.flatMap((step) => watch.stepMade(step) ?? [])).toEqual([]);
  const said = uniform.flatMap((step) => watch.stepMade(step) ?? []);
  expect(said.at(-1)).toMatchObject({ kind: 'teacher-too-quick', symptom: 'uniform', level: 'error' });
  expect(said.map(({ level }) => level)).toEqual([...new Set(said.map(({ level }) => level))]);
});

it('says what holds for 20 steps only', () => {
  const watch = watching();
  expect(watch.begun(undefined).kind).toBe('too-early');
  const said = learning.flatMap((step, at) => {
    const change = watch.stepMade(step);
    return change === undefined ? [] : [[at + 1, change.kind]];
  });
  expect(said).toEqual([[49, 'learning']]);
});
