import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Curve } from '../../../src/runs/curve.js';

const values = (column: Float64Array | undefined): number[] => [...(column ?? [])];

/** Points as a page has them that applies every change. */
class Mirror {
  readonly step: number[] = [];
  readonly loss: number[] = [];
  take(curve: Curve): void {
    const change = curve.takeChange();
    if (change === undefined) return;
    this.step.splice(change.from, Number.POSITIVE_INFINITY, ...values(change.columns['step']));
    this.loss.splice(change.from, Number.POSITIVE_INFINITY, ...values(change.columns['loss']));
  }
}

describe('a curve', () => {
  test('keeps every measurement while there is room, and tells what is new alone', () => {
    const curve = new Curve(['step'], ['loss'], 4);
    expect(curve.takeChange()).toMatchObject({ from: 0 });
    expect(curve.takeChange()).toBeUndefined();
    curve.add({ step: 1, loss: 5 });
    curve.add({ step: 2, loss: 4 });
    expect(values(curve.takeChange()?.columns['loss'])).toEqual([5, 4]);
    curve.add({ step: 3, loss: 3 });
    const change = curve.takeChange();
    expect([change?.from, values(change?.columns['step'])]).toEqual([2, [3]]);
  });

  test('joins neighbors into their mean when the points run out', () => {
    const curve = new Curve(['step'], ['loss'], 4);
    for (const step of [1, 2, 3, 4, 5]) curve.add({ step, loss: step });
    const change = curve.takeChange();
    expect(values(change?.columns['step'])).toEqual([2, 4, 5]);
    expect(values(change?.columns['loss'])).toEqual([1.5, 3.5, 5]);
  });

  test('has beside a point what was measured after it, and at the first one what came before', () => {
    const curve = new Curve(['step'], ['loss', 'knn'], 4);
    curve.amend({ knn: 10 });
    expect(curve.length).toBe(0);
    curve.add({ step: 1, loss: 5 });
    curve.add({ step: 2, loss: 4 });
    expect(values(curve.takeChange()?.columns['knn'])).toEqual([10, Number.NaN]);
    curve.amend({ step: 9, knn: 20 });
    const change = curve.takeChange();
    expect([change?.from, values(change?.columns['step']), values(change?.columns['knn'])]).toEqual([1, [2], [20]]);
    for (const step of [3, 4, 5]) curve.add({ step, loss: 3 });
    expect(values(curve.takeChange()?.columns['knn']), 'joined').toEqual([15, Number.NaN, Number.NaN]);
  });

  test('leaves out what was not measured', () => {
    const curve = new Curve(['step'], ['loss', 'kl'], 2);
    curve.add({ step: 1, loss: 2 });
    curve.add({ step: 2, loss: Number.NaN, kl: 7 });
    curve.add({ step: 3, loss: 4, kl: null });
    const columns = curve.takeChange()?.columns;
    expect(values(columns?.['loss'])).toEqual([2, 4]);
    expect(values(columns?.['kl'])).toEqual([7, Number.NaN]);
  });

  test('stays within its bound with the mean of all, however it grows and is read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (bursts, half) => {
        const curve = new Curve(['step'], ['loss'], 2 * half);
        const mirror = new Mirror();
        const whole = new Curve(['step'], ['loss'], 2 * half);
        let step = 0;
        for (const burst of bursts) {
          for (let i = 0; i < burst; i++) {
            step++;
            curve.add({ step, loss: step % 7 });
            whole.add({ step, loss: step % 7 });
          }
          mirror.take(curve);
          expect(curve.length).toBeLessThanOrEqual(2 * half);
        }
        const atOnce = new Mirror();
        atOnce.take(whole);
        expect(mirror).toEqual(atOnce);
        if (step > 0) expect(mirror.step.at(-1)).toBe(step);
      }),
    );
  });
});
