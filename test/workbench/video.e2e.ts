/** A person follows an object through a video, plays it, and saves the masks. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { writeMovingSquare } from '../unit/evaluation/video/movingSquare.js';
import { accessibilityProblems } from './accessibility.js';
import { expectStrictPolicy, lookInEveryTheme, putImages, SMALL_NETWORK, setArguments, stepsIn } from './person.js';
import { openWorkbench, type Workbench } from './workbench.js';

const FRAMES = 6;
let folder: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  await writeMovingSquare(path.join(folder, 'davis'), 'square', { frames: FRAMES, scale: 4, ending: 'jpg' });
  putImages(folder, 32);
  await ask([
    'train',
    path.join(folder, 'images'),
    ...['--out', path.join(folder, 'runs', 'seen')],
    ...setArguments({ ...SMALL_NETWORK, epochs: 1 }),
  ]);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('A person', () => {
  const step = stepsIn(() => bench);

  step('segments a folder of frames, and sees J and F', async () => {
    await bench.runCommand('DINO: Refresh Runs');
    await bench.chooseFromMenu(bench.file('davis'), 'Segment Video Frames…');
    const panel = bench.webview();
    await panel.getByRole('slider', { name: 'Frames' }).waitFor();
    // Of a quarter of the patches: the answer to the first question is not waited for.
    await panel.getByRole('button', { name: 'Settings', exact: true }).click();
    const side = panel.locator('vscode-dropdown[aria-label="Shorter side seen, in pixels"]');
    await side.click();
    await side.locator('vscode-option', { hasText: '240' }).click();
    await panel.getByRole('button', { name: 'Settings', exact: true }).click();
    await expect.poll(() => panel.locator('.note').first().textContent()).toMatch(/^All frames: J&F \d+\.\d %/);
    await expect.poll(() => panel.locator('.words').last().textContent()).toBe(`Frame ${FRAMES} of ${FRAMES}`);
    await bench.screenshot('video-dark');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
  });

  step('steps and plays by keyboard, and switches the masks off', async (panel) => {
    const words = panel.locator('.words').last();
    await panel.locator('h1').click();
    await bench.page.keyboard.press('Home');
    await expect.poll(() => words.textContent()).toBe(`Frame 1 of ${FRAMES}`);
    await expect.poll(() => panel.locator('.score').textContent()).toBe('This frame: J 100.0 % · F 100.0 %');
    await bench.page.keyboard.press('ArrowRight');
    await expect.poll(() => words.textContent()).toBe(`Frame 2 of ${FRAMES}`);
    await bench.page.keyboard.press(' ');
    await expect.poll(() => words.textContent()).toBe(`Frame ${FRAMES} of ${FRAMES}`);
    const stage = panel.locator('.stage');
    const before = await stage.screenshot();
    await bench.page.keyboard.press('m');
    await expect.poll(async () => (await stage.screenshot()).equals(before)).toBe(false);
    await bench.page.keyboard.press('m');
    await expect.poll(async () => (await stage.screenshot()).equals(before)).toBe(true);
  });

  step('sees it in every theme and in a narrow window', async () => {
    await lookInEveryTheme(bench, 'video');
  });
});
