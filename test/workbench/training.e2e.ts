/** A run's life as a person sees it: started from the palette, watched, stopped, resumed, looked into, deleted. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeSamples } from '../../scripts/samples.mjs';
import { openWorkbench, type Workbench } from './workbench.js';

/** A network that takes a step in milliseconds, for a run that only ends when it is stopped. */
const quick = {
  ...{ embed_dim: 48, depth: 2, num_heads: 3, patch_size: 4, image_size: 32, local_size: 16, local_crops_number: 2 },
  ...{ out_dim: 128, head_hidden_dim: 64, head_bottleneck_dim: 32, batch_size: 16, epochs: 1000, warmup_epochs: 1 },
};

const folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
const runs = path.join(folder, 'runs');
let workbench: Workbench;

beforeAll(async () => {
  const { train, test } = await makeSamples();
  cpSync(train, path.join(folder, 'pictures'), { recursive: true });
  cpSync(path.join(test, 'animals', 'unicorn_face.png'), path.join(folder, 'unicorn.png'));
  writeFileSync(path.join(folder, 'quick.dino.json'), JSON.stringify(quick));
  workbench = await openWorkbench(folder);
});

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await workbench.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`);
});

const runFolder = () => {
  const [name, ...others] = existsSync(runs) ? readdirSync(runs) : [];
  expect(others).toEqual([]);
  return path.join(runs, name ?? 'none');
};
const recordedStatus = () => JSON.parse(readFileSync(path.join(runFolder(), 'run.json'), 'utf8')).status;
const steps = () => readFileSync(path.join(runFolder(), 'metrics.jsonl'), 'utf8').trimEnd().split('\n').length;
const row = () => workbench.row('pictures');

describe('a run', { timeout: 120_000 }, () => {
  it('starts from the palette', async () => {
    await workbench.runCommand('DINO: Start Training');
    await workbench.pick('pictures');
    await workbench.pick('From Config File');
    await workbench.pick('quick.dino.json');
    await row().filter({ hasText: 'images/s' }).waitFor();
    await workbench.screenshot('training');
    expect(recordedStatus()).toBe('running');
  });

  it('is live in the tree and in the status bar', async () => {
    const earlier = await row().textContent();
    await expect.poll(() => row().textContent(), { timeout: 20_000 }).not.toBe(earlier);
    await workbench.page
      .locator('.statusbar-item')
      .filter({ hasText: /DINO \d+ % · loss/ })
      .waitFor();
  });

  it('stops when it is told to, with its state saved', async () => {
    await workbench.runCommand('DINO: Stop Run');
    await row().filter({ hasText: 'stopped' }).waitFor({ timeout: 10_000 });
    expect(recordedStatus()).toBe('stopped');
    const latest = readFileSync(path.join(runFolder(), 'checkpoints', 'latest'), 'utf8').trim();
    expect(Number(latest)).toBe(steps());
  });

  it('goes on where it stopped', async () => {
    const before = steps();
    await workbench.chooseFromMenu(row(), 'Resume Run');
    await row().filter({ hasText: 'images/s' }).waitFor();
    await expect.poll(steps, { timeout: 20_000 }).toBeGreaterThan(before);
    await workbench.runCommand('DINO: Stop Run');
    await row().filter({ hasText: 'stopped' }).waitFor({ timeout: 10_000 });
  });

  it('is deleted, after a question, with all its files', async () => {
    await workbench.chooseFromMenu(row(), 'Delete Run');
    await workbench.pressInDialog('Delete');
    await row().waitFor({ state: 'detached' });
    expect(readdirSync(runs)).toEqual([]);
  });
});
