import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CosineSchedule, cosineSchedule, teacherTemperature } from '../../../src/method/schedules.js';

/** numpy's linspace. */
const linspace = (from: number, to: number, n: number) =>
  Array.from({ length: n }, (_, i) => (n === 1 ? from : from + ((to - from) * i) / (n - 1)));

/** utils.py, `cosine_scheduler`: the list of all values. */
function wholeList({ base, final, epochs, iterationsPerEpoch, warmupEpochs = 0, warmupStart = 0 }: CosineSchedule) {
  const warmup = warmupEpochs > 0 ? linspace(warmupStart, base, warmupEpochs * iterationsPerEpoch) : [];
  const rest = epochs * iterationsPerEpoch - warmup.length;
  const decay = Array.from(
    { length: rest },
    (_, i) => final + 0.5 * (base - final) * (1 + Math.cos((Math.PI * i) / rest)),
  );
  return [...warmup, ...decay];
}

describe('A cosine schedule', () => {
  it("is the original's list", () => {
    const schedules = fc.record({
      base: fc.double({ min: 0, max: 1, noNaN: true }),
      final: fc.double({ min: 0, max: 1, noNaN: true }),
      epochs: fc.integer({ min: 3, max: 8 }),
      iterationsPerEpoch: fc.integer({ min: 1, max: 7 }),
      warmupEpochs: fc.integer({ min: 0, max: 3 }),
      warmupStart: fc.double({ min: 0, max: 0.1, noNaN: true }),
    });
    const property = fc.property(schedules, (schedule) => {
      const value = cosineSchedule(schedule);
      wholeList(schedule).forEach((wanted, i) => {
        expect(value(i)).toBeCloseTo(wanted, 12);
      });
    });
    fc.assert(property, { numRuns: 50 });
  });

  it('warms up from 0, or not at all, when nothing else is said', () => {
    expect(cosineSchedule({ base: 1, final: 0, epochs: 2, iterationsPerEpoch: 3, warmupEpochs: 1 })(0)).toBe(0);
    expect(cosineSchedule({ base: 1, final: 0, epochs: 2, iterationsPerEpoch: 3 })(0)).toBe(1);
  });

  it('meets the peak exactly', () => {
    // .3 + 2 * (.9 - .3) / 2 is .9000000000000001.
    const warmup = { warmupEpochs: 1, warmupStart: 0.3 };
    const value = cosineSchedule({ base: 0.9, final: 0, epochs: 2, iterationsPerEpoch: 3, ...warmup });
    expect([value(0), value(2), value(3)]).toEqual([0.3, 0.9, 0.9]);
  });

  it('takes part of an epoch for a whole number of steps', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 2, iterationsPerEpoch: 10, warmupEpochs: 0.39 });
    expect([0, 1, 2, 3].map(value)).toEqual([0, 0.5, 1, 1]);
  });

  it('has no value outside the run', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 10, iterationsPerEpoch: 10 });
    for (const outside of [-1, 100, Number.NaN]) {
      expect(() => value(outside)).toThrow(RangeError);
      expect(() => value(outside)).toThrow(`step ${outside} lies outside the schedule of 100 values`);
    }
    expect(value(99)).toBeGreaterThan(0);
  });

  it('may be all warm-up, and no longer', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 1 });
    expect([value(0), value(1)]).toEqual([0, 1]);
    const longer = { base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 2 };
    expect(() => cosineSchedule(longer)).toThrow('warmup_epochs 2 is longer than the run of 1 epochs');
  });

  it('is there at once, however long the run', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 1_000_000, iterationsPerEpoch: 100_000 });
    expect(value(5e10)).toBeCloseTo(0.5, 10);
  });
});

describe("The teacher's temperature", () => {
  it('warms up by epochs, then stays', () => {
    const temperature = teacherTemperature({ warmupTemperature: 0.04, temperature: 0.07, warmupEpochs: 3 });
    expect([0, 1, 2, 3, 4].map(temperature)).toEqual([0.04, 0.055, 0.07, 0.07, 0.07].map((t) => expect.closeTo(t, 12)));
  });

  it('starts warm where there is no warm-up, and below where it is an epoch', () => {
    const schedule = { warmupTemperature: 0.04, temperature: 0.07 };
    expect(teacherTemperature({ ...schedule, warmupEpochs: 0 })(0)).toBe(0.07);
    expect([0, 1].map(teacherTemperature({ ...schedule, warmupEpochs: 1 }))).toEqual([0.04, 0.07]);
  });
});
