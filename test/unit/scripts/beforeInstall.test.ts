/** What a fresh clone runs before its packages are installed must do without them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const scripts = join(import.meta.dirname, '../../../scripts');

/** The packages that a module and those that it imports at once ask for, each with who asks. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?:[^;'"]*?from\s)?['"]([^'"]+)['"]/gm);
  return [...imports].flatMap(([, name = '']) => {
    if (name.startsWith('.')) return packagesOf(join(dirname(file), name), seen);
    return name.startsWith('node:') ? [] : [`${file}: ${name}`];
  });
}

test.each(['start.mjs', 'test.mjs'])('%s', (name) => {
  expect(packagesOf(join(scripts, name))).toEqual([]);
});

test('a script that needs packages is found out', () => {
  const asked = packagesOf(join(scripts, 'screenshot.mjs')).map((one) => one.split(': ')[1]);
  expect(asked).toContain('sharp');
  expect(asked).toContain('playwright-core');
});
