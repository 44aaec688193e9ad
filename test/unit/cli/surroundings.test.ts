/** What goes on around the process: who reads what it writes, and which signals it gets. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../../package.json';
import { tinySettings, writeImages } from '../training/images.js';
import { CLI, dino, run, setting } from './dino.js';

let root: string;
let data: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-around-'));
  data = await writeImages(join(root, 'images'), 8);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const statusOf = (dir: string): unknown => JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')).status;
/** Runs a shell's script with `"$@"` being a `dino` command. */
const shell = (script: string, ...args: string[]) => run('sh', ['-c', script, 'sh', process.execPath, CLI, ...args]);

describe.skipIf(process.platform === 'win32')('readers that go', () => {
  it('trains to the end when nobody reads its progress any more', async () => {
    const out = join(root, 'unread');
    const args = ['train', data, '--out', out, ...setting(tinySettings())];
    expect(await shell('"$@" 2>&1 >/dev/null | head -n 1', ...args)).toMatchObject({ stdout: 'reading data\n' });
    expect(statusOf(out)).toBe('finished');
  });

  it('says nothing when nobody reads the answer', async () => {
    const { stdout, stderr } = await shell('{ "$@"; echo $? >&2; } | true', 'runs', root);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '0\n' });
  });

  it.skipIf(!existsSync('/dev/full'))('says in a sentence that the answer cannot be written', async () => {
    const { code, stderr } = await shell('"$@" > /dev/full', 'runs', root);
    expect(stderr).toMatch(/^dino: The answer cannot be written: the disk is full.*\.\n$/);
    expect(code).toBe(1);
  });
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  it('finishes the step and saves when its terminal is closed', async () => {
    const out = join(root, 'hung-up');
    const args = [CLI, 'train', data, '--out', out, ...setting(tinySettings({ epochs: 100_000 }))];
    let sent = false;
    const { code } = await run(process.execPath, args, (text, kill) => {
      if (sent || !text.includes('loss')) return;
      sent = true;
      kill('SIGHUP');
    });
    expect(code).toBe(0);
    expect(statusOf(out)).toBe('stopped');
  });

  it('leaves signals to the system in commands that have nothing to save', async () => {
    const hook = join(root, 'listeners.cjs');
    writeFileSync(hook, "process.on('exit', () => console.error(process.listenerCount('SIGINT')));");
    expect((await run(process.execPath, ['--require', hook, CLI, 'runs', root])).stderr).toBe('0\n');
  });
});

it('tells its version', async () => {
  expect(await dino('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

it('times the step of a small network when no setting is given', async () => {
  const outcome = await dino('bench', '--json', '--steps', '1', '--warmup', '1', '--no-pipeline', '--engine', 'onnx');
  expect(outcome.json()).toMatchObject({ batch_size: 16 });
});
