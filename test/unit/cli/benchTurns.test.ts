import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BenchTurns } from '../../../src/cli/benchTurns.js';
import { CLI } from './dino.js';

describe('turns of dino bench', () => {
  const begin = () => {
    const [input, out] = [new PassThrough(), new PassThrough()];
    out.setEncoding('utf8');
    return { input, out, turns: new BenchTurns(input, out) };
  };

  it('says before each step that it waits, and waits for a line', async () => {
    const { input, out, turns } = begin();
    const made: number[] = [];
    const stepsDone = (async () => {
      for (let step = 0; step < 2; step++) {
        await turns.next();
        made.push(step);
      }
      turns.close();
    })();
    expect((await once(out, 'data'))[0]).toBe('{"turn":0}\n');
    expect(made).toEqual([]);
    input.write('\n');
    expect((await once(out, 'data'))[0]).toBe('{"turn":1}\n');
    expect(made).toEqual([0]);
    input.write('\n');
    await stepsDone;
    expect(made).toEqual([0, 1]);
  });

  it('makes as many steps as lines were written at once', async () => {
    const { input, turns } = begin();
    input.write('\n\n');
    await turns.next();
    await turns.next();
    const third = turns.next();
    input.end();
    await expect(third).rejects.toThrow(
      'Standard input ended before step 3: with --in-turn, each timed step waits for a line.',
    );
  });

  it('ends where it fails, though its standard input stays open', { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [CLI, 'bench', '--in-turn', '--engine', 'tensorflow'], {
      env: { ...process.env, DINO_STORAGE: import.meta.dirname },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(stderr).toContain('The engine tensorflow');
  });
});
