import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hostMemory } from '../../../src/engines/hostMemory.js';

it('says what is free, and how much swap where the system tells', () => {
  const { total, free, swap } = hostMemory();
  expect(free).toBeGreaterThan(0);
  expect(total).toBeGreaterThanOrEqual(free);
  if (existsSync('/proc/meminfo')) expect(swap).toBeGreaterThanOrEqual(0);
  else expect(swap).toBeUndefined();
});
