import { describe, expect, it } from 'vitest';
import { cosineSchedule, teacherTemperature } from '../../../src/method/schedule.js';

describe('schedules', () => {
  it('start at the base, end above the final value, and warm up linearly from 0', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 10, iterationsPerEpoch: 10, warmupEpochs: 1 });
    const warmUp = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(warmUp.map(value)).toEqual(warmUp.map((i) => i / 9));
    expect(value(10)).toBe(1);
    expect(value(99)).toBeGreaterThan(0);
    expect(value(99)).toBeLessThan(0.001);
    for (const outside of [-1, 100]) expect(() => value(outside)).toThrow('lies outside the schedule of 100 values');
  });

  it('allow a run that is all warm-up, and refuse a longer one', () => {
    const value = cosineSchedule({ base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 1 });
    expect([value(0), value(1)]).toEqual([0, 1]);
    const longer = { base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 2 };
    expect(() => cosineSchedule(longer)).toThrow('warmup_epochs 2 is longer than the run of 1 epochs');
  });

  it('take no memory, however long the run', () => {
    const before = process.memoryUsage().arrayBuffers;
    const value = cosineSchedule({ base: 1, final: 0, epochs: 1_000_000, iterationsPerEpoch: 100_000 });
    expect(value(5e10)).toBeCloseTo(0.5, 10);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it('warm the teacher up by epochs', () => {
    const temperature = teacherTemperature({ warmupTemperature: 0.04, temperature: 0.07, warmupEpochs: 3 });
    expect([0, 1, 2, 3, 4].map(temperature)).toEqual([0.04, 0.055, 0.07, 0.07, 0.07].map((t) => expect.closeTo(t, 12)));
  });
});
