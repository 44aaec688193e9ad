/** A person looks into a run: whose attention is shown, by pointer and keyboard, over the training, and beside another network's. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { root } from '../../scripts/setup.mjs';
import { openWorkbench, type Workbench } from './workbench.js';

const PICTURE = 'lion.png';
/** An epoch of two steps, and a checkpoint after each. */
const SETTINGS = {
  embed_dim: 96,
  depth: 3,
  num_heads: 3,
  patch_size: 8,
  image_size: 64,
  local_size: 32,
  local_crops_number: 2,
  out_dim: 256,
  head_hidden_dim: 128,
  head_bottleneck_dim: 64,
  batch_size: 16,
  saveckp_freq: 1,
  epochs: 6,
};

let folder: string;
let bench: Workbench;

const useTheme = (theme: string) =>
  writeFileSync(
    path.join(folder, '.vscode', 'settings.json'),
    JSON.stringify({ 'workbench.colorTheme': theme, 'editor.hover.delay': 100 }),
  );

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  const emoji = path.join(root, 'node_modules', 'emoji-datasource-twitter', 'img', 'twitter', '64');
  mkdirSync(path.join(folder, 'pictures'));
  mkdirSync(path.join(folder, '.vscode'));
  for (const file of readdirSync(emoji).slice(0, 32))
    cpSync(path.join(emoji, file), path.join(folder, 'pictures', file));
  cpSync(path.join(emoji, '1f981.png'), path.join(folder, PICTURE));
  cpSync(path.join(emoji, '1f431.png'), path.join(folder, 'cat.png'));
  writeFileSync(path.join(folder, 'notes.md'), 'A picture: ![the king](lion.png), and no picture: readme.txt\n');
  useTheme('Default Dark Modern');
  const set = Object.entries(SETTINGS).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await ask(['train', path.join(folder, 'pictures'), '--out', path.join(folder, 'runs', 'seen'), ...set]);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const large = (panel: FrameLocator) => panel.locator('canvas.large');

/** The pixels of the large picture as they are on the screen. */
async function seen(panel: FrameLocator): Promise<Buffer> {
  // Painted with the next frame.
  await bench.page.waitForTimeout(300);
  return sharp(await large(panel).screenshot())
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Mean difference of two pictures' values, 0 to 255. */
const difference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

const query = (panel: FrameLocator) => expect.poll(() => panel.locator('.query').textContent());

/** Puts the pointer over a place of the large picture, 0 to 1 each way. */
async function pointAt(panel: FrameLocator, x: number, y: number, act: 'hover' | 'click' = 'hover'): Promise<void> {
  const box = await large(panel).boundingBox();
  if (box === null) throw new Error('The picture is not there.');
  await large(panel)[act]({ position: { x: x * box.width, y: y * box.height } });
}

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person', () => {
  const step = (name: string, act: (panel: FrameLocator) => Promise<void>) =>
    it(name, async () => {
      onTestFailed(async () => {
        await bench.screenshot(`failed-${name.replaceAll(' ', '-')}`);
      });
      await act(bench.webview());
    });

  step('sees the attention of the patch under the pointer', async () => {
    await bench.chooseFromMenu(bench.file(PICTURE), 'Show Attention');
    const panel = bench.webview();
    await large(panel).waitFor();
    await query(panel).toMatch(/^Attention of the CLS token/);
    await panel.locator('h1').hover();
    const cls = await seen(panel);
    await pointAt(panel, 0.1, 0.1);
    await query(panel).toMatch(/^Attention of the patch in column 1, row 1\. A click pins it/);
    const corner = await seen(panel);
    expect(difference(cls, corner)).toBeGreaterThan(0.5);
    await bench.screenshot('attention-pointed');
    await pointAt(panel, 0.55, 0.55);
    await query(panel).toMatch(/column 5, row 5/);
    expect(difference(corner, await seen(panel))).toBeGreaterThan(0.5);
    await panel.locator('h1').hover();
    await query(panel).toMatch(/CLS token/);
    expect(difference(cls, await seen(panel)), 'the CLS token again').toBe(0);
  });

  step('pins a patch, moves it by the arrow keys, and lets it go', async (panel) => {
    await pointAt(panel, 0.3, 0.3, 'click');
    await query(panel).toMatch(/column 3, row 3, pinned/);
    await pointAt(panel, 0.8, 0.8);
    await query(panel).toMatch(/column 3, row 3, pinned/);
    const pinned = await seen(panel);
    await bench.screenshot('attention-pinned');
    await bench.page.keyboard.press('ArrowRight');
    await bench.page.keyboard.press('ArrowDown');
    await query(panel).toMatch(/column 4, row 4, pinned/);
    expect(difference(pinned, await seen(panel))).toBeGreaterThan(0.5);
    await bench.page.keyboard.press('Escape');
    await panel.locator('h1').hover();
    await query(panel).toMatch(/CLS token/);
  });

  step('looks into another block', async (panel) => {
    const last = await seen(panel);
    await panel.getByLabel('Block').press('Home');
    await expect.poll(async () => difference(last, await seen(panel))).toBeGreaterThan(0.5);
    await panel.getByLabel('Block').press('End');
    await expect.poll(async () => difference(last, await seen(panel))).toBe(0);
  });

  step('goes back over the training, to the untrained network', async (panel) => {
    const note = () => expect.poll(() => panel.locator('.note').textContent());
    await note().toContain('step 12 (teacher)');
    const trained = await seen(panel);
    await panel.getByRole('slider', { name: 'Training steps' }).press('ArrowLeft');
    await note().toContain('step 10 (teacher)');
    await panel.getByRole('slider', { name: 'Training steps' }).press('Home');
    await note().toContain('step 0 (teacher)');
    expect(difference(trained, await seen(panel))).toBeGreaterThan(0.5);
    const exact = panel.getByRole('spinbutton', { name: 'Network: step' });
    await exact.fill('7');
    await exact.press('Enter');
    await note().toMatch(/step [68] \(teacher\)/);
    await exact.fill('12');
    await exact.press('Enter');
    await note().toContain('step 12 (teacher)');
    expect(difference(trained, await seen(panel))).toBe(0);
  });

  step('wipes between two checkpoints by mouse and by keyboard', async (panel) => {
    const trained = await seen(panel);
    await panel.locator('vscode-checkbox', { hasText: 'Compare' }).click();
    const handle = panel.getByRole('slider', { name: 'Wipe between the two networks' });
    await handle.waitFor();
    expect(await panel.locator('.side').allTextContents()).toEqual(['pictures, step 12', 'pictures, untrained']);
    await handle.press('End');
    expect(await handle.getAttribute('aria-valuenow')).toBe('100');
    await handle.press('Home');
    expect(await handle.getAttribute('aria-valuenow')).toBe('0');
    const untrained = await seen(panel);
    expect(difference(trained, untrained)).toBeGreaterThan(0.5);
    const [box, grip] = [await large(panel).boundingBox(), await handle.boundingBox()];
    if (box === null || grip === null) throw new Error('The handle is not there.');
    const middle = box.y + box.height / 2;
    await bench.page.mouse.move(grip.x + grip.width / 2 + 4, middle);
    await bench.page.mouse.down();
    await bench.page.mouse.move(box.x + box.width / 2, middle, { steps: 4 });
    await bench.page.mouse.up();
    await expect.poll(() => handle.getAttribute('aria-valuenow')).toBe('50');
    await panel.locator('h1').hover();
    const half = await seen(panel);
    expect(difference(half, trained)).toBeGreaterThan(0.1);
    expect(difference(half, untrained)).toBeGreaterThan(0.1);
    await bench.screenshot('attention-wipe');
  });
});
