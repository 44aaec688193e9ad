import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { shellWord, startCommand } from '../../../src/cli/startCommand.js';
import { suggestCommand } from '../../../src/cli/suggest.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { linesOf } from './inProcess.js';

it('the command that starts what was suggested has all that was asked for', async () => {
  vi.stubEnv('DINO_STORAGE', mkdtempSync(join(tmpdir(), 'dino-storage-')));
  const data = await writeImages(temporaryFolder(), 10);
  const weights = join(import.meta.dirname, '../../reference/weights/timm-dino');
  const startOf = async (...args: string[]) =>
    (await linesOf(suggestCommand(), data, '--no-measure', '--engine', 'eager', ...args)).at(-1);
  expect(await startOf('--preset', 'few-images', '--set', 'epochs=3', '--set', 'blur_radius=[0.1, 2]')).toBe(
    `To start it: dino train ${data} --out RUN --preset few-images --engine eager --set epochs=3 --set "blur_radius=[0.1, 2]"`,
  );
  expect(await startOf('--init', weights, '--set', 'method=finetune', '--set', 'batch_size=4')).toBe(
    `To start it: dino finetune ${weights} ${data} --out RUN --engine eager --set batch_size=4`,
  );
});

it.each([
  ['plain/path-1.png', 'plain/path-1.png', 'plain/path-1.png'],
  ['two words', '"two words"', '"two words"'],
  ['[0.1, 2]', '"[0.1, 2]"', '"[0.1, 2]"'],
  ['a "b" $HOME', `'a "b" $HOME'`, '"a \\"b\\" $HOME"'],
  ["it's $x", "'it'\\''s $x'", '"it\'s $x"'],
  ['C:\\images', "'C:\\images'", 'C:\\images'],
])('a shell takes %s as one word', (word, posix, windows) => {
  expect([shellWord(word, 'linux'), shellWord(word, 'win32')]).toEqual([posix, windows]);
  if (process.platform !== 'win32')
    expect(execFileSync('sh', ['-c', `printf %s ${posix}`], { encoding: 'utf8' })).toBe(word);
});

it('the method that was asked for is a part of the command, and a folder is no option', () => {
  const { settings } = resolveSettings({ preset: 'few-images' });
  const asked = { method: 'dino', set: ['out_dim=65536'] };
  const instead = { preset: 'few-images', set: { out_dim: 1024 } } as const;
  expect(startCommand('-images', { set: instead.set, settings, instead }, asked)).toBe(
    'dino train ./-images --out RUN --method dino --preset few-images --set out_dim=1024',
  );
});
