/** A person looks for images that are like one, and cleans a folder of copies. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { accessibilityProblems } from './accessibility.js';
import { EMOJI, expectStrictPolicy, lookInEveryTheme, SMALL_NETWORK, setArguments, stepsIn } from './person.js';
import { openWorkbench, type Workbench } from './workbench.js';

const QUERY = 'aa-query.png';
let folder: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  const images = path.join(folder, 'images');
  mkdirSync(images);
  const files = readdirSync(EMOJI).filter((file) => /^1f[36]/.test(file));
  for (const file of files.slice(0, 30)) cpSync(path.join(EMOJI, file), path.join(images, file));
  // Beside the folder: the person need not open the folder in the explorer to reach it.
  cpSync(path.join(EMOJI, files[0] ?? ''), path.join(folder, QUERY));
  await sharp(path.join(EMOJI, files[1] ?? ''))
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 60 })
    .toFile(path.join(images, 'zz-copy.jpg'));
  writeFileSync(path.join(images, 'broken.png'), 'no image');
  await ask([
    'train',
    images,
    ...['--out', path.join(folder, 'runs', 'seen')],
    ...setArguments({ ...SMALL_NETWORK, epochs: 1 }),
  ]);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const results = (panel: FrameLocator) => panel.getByRole('option');
const selected = (panel: FrameLocator) => panel.locator('.result[aria-selected="true"] .name');

describe('A person', () => {
  const step = stepsIn(() => bench);

  step('finds images that are like one of the explorer', async () => {
    await bench.runCommand('DINO: Refresh Runs');
    await bench.chooseFromMenu(bench.file(QUERY), 'Find Similar Images');
    const panel = bench.webview();
    await panel.locator('vscode-dropdown[aria-label="Search in"]').waitFor();
    await results(panel).first().waitFor();
    await expect.poll(() => panel.locator('.note').first().textContent()).toContain('1 image is left out');
    const distances = (await panel.locator('.results .distance').allTextContents()).map(Number);
    expect(distances.length).toBeGreaterThan(20);
    expect(distances).toEqual([...distances].sort((one, other) => one - other));
    await expect.poll(() => panel.locator('.result canvas').count()).toBeGreaterThan(5);
    await bench.screenshot('similar-dark');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
  });

  step('goes on by keyboard: selects, looks at the attention, finds more like it, and comes back', async (panel) => {
    await results(panel).first().focus();
    const first = await selected(panel).textContent();
    await bench.page.keyboard.press('ArrowRight');
    await expect.poll(() => selected(panel).textContent()).not.toBe(first);
    const second = (await selected(panel).textContent()) ?? '';
    const before = await panel.locator('.selected .stage').screenshot();
    await bench.page.keyboard.press('a');
    await expect.poll(async () => (await panel.locator('.selected .stage').screenshot()).equals(before)).toBe(false);
    await bench.screenshot('similar-attention');
    await bench.page.keyboard.press('a');
    await bench.page.keyboard.press('m');
    await expect.poll(() => panel.locator('h1').textContent()).toBe(second);
    await panel.locator('vscode-button', { hasText: 'Back' }).waitFor();
    await panel.locator('vscode-button', { hasText: 'Back' }).click();
    await expect.poll(() => panel.locator('h1').textContent()).toBe(QUERY);
  });

  step('searches for a part of the image', async (panel) => {
    const stage = panel.locator('.query .stage');
    await stage.focus();
    await bench.page.keyboard.press('Enter');
    await expect.poll(() => panel.locator('h1').textContent()).toBe(`A part of ${QUERY}`);
    await panel.locator('.box').waitFor();
    await panel.locator('vscode-button', { hasText: 'Whole Image' }).click();
    await expect.poll(() => panel.locator('h1').textContent()).toBe(QUERY);
  });

  step('sees a new image without asking', async (panel) => {
    cpSync(path.join(folder, QUERY), path.join(folder, 'images', 'new.png'));
    await expect.poll(() => panel.locator('.note').first().textContent()).toContain('1 of them is new.');
    await expect.poll(() => panel.locator('.results .distance').first().textContent()).toBe('0.000');
  });

  step('sees it in every theme and in a narrow window', async () => {
    await lookInEveryTheme(bench, 'similar');
  });

  step('opens the copies of the folder, and another threshold regroups them at once', async () => {
    await bench.chooseFromMenu(bench.file('images'), 'Find Copies');
    await bench.page.locator('.tab.active', { hasText: 'Copies in images' }).waitFor();
    const panel = bench.webview();
    const threshold = panel.getByRole('slider', { name: 'Similarity from' });
    await threshold.waitFor();
    const counted = panel.locator('.counted');
    await threshold.press('End');
    await expect.poll(() => counted.textContent()).toMatch(/^(0 groups|1 group),/);
    await threshold.press('Home');
    await expect.poll(() => counted.textContent()).toMatch(/^(1 group|\d+ groups), [1-9]/);
    await panel.locator('.copy canvas').first().waitFor();
    await bench.screenshot('copies-dark');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
  });

  step('marks an image by keyboard and deletes it after a question', async (panel) => {
    const tile = panel.locator('.copy').first();
    const name = (await tile.locator('.name').textContent()) ?? '';
    await tile.focus();
    await bench.page.keyboard.press(' ');
    await panel.locator('.copy[aria-selected="true"]').waitFor();
    await bench.page.keyboard.press('Delete');
    await bench.pressInDialog('Move to Bin');
    // A server has no bin.
    const forGood = bench.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Delete for Good' });
    await expect
      .poll(async () => !existsSync(path.join(folder, 'images', name)) || (await forGood.isVisible()))
      .toBe(true);
    if (existsSync(path.join(folder, 'images', name))) await forGood.click();
    await expect.poll(() => existsSync(path.join(folder, 'images', name))).toBe(false);
    await panel.locator('.copy .name', { hasText: name }).waitFor({ state: 'detached' });
  });

  step('sees the copies in every theme and in a narrow window', async () => {
    await lookInEveryTheme(bench, 'copies');
  });
});
