import { describe, expect, it } from 'vitest';
import { cosineSchedule, teacherTemperatures } from '../../../src/method/schedule.js';

describe('schedules', () => {
  it('start at the base, end above the final value, and warm up linearly from 0', () => {
    const values = cosineSchedule({ base: 1, final: 0, epochs: 10, iterationsPerEpoch: 10, warmupEpochs: 1 });
    expect(values).toHaveLength(100);
    expect(Array.from(values.slice(0, 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i / 9));
    expect(values[10]).toBe(1);
    expect(values[99]).toBeGreaterThan(0);
    expect(values[99]).toBeLessThan(0.001);
  });

  it('allow a run that is all warm-up, and refuse a longer one', () => {
    expect(cosineSchedule({ base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 1 })).toEqual(
      Float64Array.of(0, 1),
    );
    const longer = { base: 1, final: 0, epochs: 1, iterationsPerEpoch: 2, warmupEpochs: 2 };
    expect(() => cosineSchedule(longer)).toThrow('warmup_epochs 2 is longer than the run of 1 epochs');
  });

  it('warm the teacher up by epochs', () => {
    const temperatures = teacherTemperatures({
      warmupTemperature: 0.04,
      temperature: 0.07,
      warmupEpochs: 3,
      epochs: 5,
    });
    expect(Array.from(temperatures)).toEqual([0.04, 0.055, 0.07, 0.07, 0.07].map((t) => expect.closeTo(t, 12)));
  });
});
