import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { suggestCommand } from '../../../src/cli/suggest.js';
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
