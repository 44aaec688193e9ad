/** What commands say of weights from elsewhere. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importCommand } from '../../../src/cli/import.js';
import { trainCommand } from '../../../src/cli/train.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { linesOf } from './inProcess.js';

const WEIGHTS = join(import.meta.dirname, '../../reference/weights');

it('dino import says what it has made, and a fact of its source a line', async () => {
  const path = join(WEIGHTS, 'timm-dino');
  const out = join(temporaryFolder(), 'imported');
  const file = join(path, 'model.safetensors');
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  expect(await linesOf(importCommand(), path, '--out', out, '--channels', '6')).toEqual([
    `${out}: a Vision Transformer of 2 blocks, 12 wide, 2 heads, patches of 4 for 16 pixels, images of 6 channels`,
    `  imported from: ${path}`,
    '  tensor names: timm',
    `  read: model.safetensors (${statSync(file).size} bytes, SHA-256 ${sum})`,
    '  input: 6 channels instead of 3: the weights for red, green and blue in turn, times 3/6',
  ]);
  const network = await linesOf(importCommand(), join(WEIGHTS, 'dino/full.pth'), '--out', `${out}2`, '--heads', '2');
  expect(network).toContain('  network: teacher');
});

it('a projection head can be kept only of weights that a run starts from', async () => {
  const train = linesOf(trainCommand(), 'images', '--out', join(temporaryFolder(), 'run'), '--init-head', 'kept');
  await expect(train).rejects.toThrow(
    '--init-head kept takes the projection head of weights that a run starts from: say by --init which weights, or leave --init-head out.',
  );
});
