import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../../src/host/stderrTail.js';

describe('StderrTail', () => {
  it('keeps the last lines, however they are cut', () => {
    const tail = new StderrTail(2);
    tail.append('first\nsec');
    tail.append('ond\nthi');
    tail.append('rd');
    expect(tail.lines).toEqual(['second', 'third']);
  });

  it('does not grow with a line that never ends', () => {
    const tail = new StderrTail(2);
    for (let i = 0; i < 100; i++) tail.append('x'.repeat(1000));
    expect(tail.lines.join('').length).toBeLessThanOrEqual(20_000);
  });
});
