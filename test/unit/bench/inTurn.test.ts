import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureInTurn } from '../../bench/measure.mjs';

/** Like `dino bench --in-turn`: notes each step in a file, takes as many milliseconds as it says, and ends early where it is told so. */
const PROGRAM = `
  const [log, name, milliseconds, endsAt] = process.argv.slice(1);
  const lines = require('node:readline').createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  (async () => {
    console.log('A library says something.');
    const step_ms = [];
    for (let turn = 0; turn < 6; turn++) {
      console.log(JSON.stringify({ turn }));
      await lines.next();
      if (turn === Number(endsAt)) throw new Error('It is broken.');
      require('node:fs').appendFileSync(log, name);
      step_ms.push(turn % 3 === 0 ? 1000 : Number(milliseconds) + turn);
    }
    console.log(JSON.stringify({ step_ms }));
    process.exit();
  })();
`;

describe('measureInTurn', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dino-turns-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const program = (name: string, milliseconds: number, endsAt = 'never') => ({
    program: process.execPath,
    args: ['-e', PROGRAM, join(folder, 'log'), name, String(milliseconds), endsAt],
  });

  it('lets programs take turns of some steps, and leaves out the first step of each', async () => {
    const measured = await measureInTurn({ ours: program('a', 10), theirs: program('b', 20) }, 3);
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe('aaabbbaaabbb');
    // A turn's steps 1 and 2 count, and 4 and 5.
    expect(measured['ours']).toMatchObject({ turn_ms: [11.5, 14.5] });
    expect(measured['theirs']).toMatchObject({ turn_ms: [21.5, 24.5] });
  });

  it('says what a program said that failed, and ends the others', async () => {
    await expect(measureInTurn({ ours: program('a', 10), theirs: program('b', 20, '2') }, 3)).rejects.toThrow(
      /ended with 1: .*It is broken/s,
    );
  });

  it('refuses a program that does not wait', async () => {
    const hasty = { program: process.execPath, args: ['-e', 'console.log(JSON.stringify({ step_ms: [1] }))', '--'] };
    await expect(measureInTurn({ hasty }, 2)).rejects.toThrow('was to wait for its turn, but ended');
  });
});
