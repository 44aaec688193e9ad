/** A person looks at a folder's images in the plane: points, searches, selects, colors, goes through the training, and saves. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { accessibilityProblems } from './accessibility.js';
import { EMOJI, expectStrictPolicy, lookInEveryTheme, setArguments, stepsIn } from './person.js';
import { nextFrame, openWorkbench, type Workbench } from './workbench.js';

/** An epoch of three steps, and a checkpoint after each. */
const SETTINGS = {
  embed_dim: 48,
  depth: 2,
  num_heads: 3,
  patch_size: 8,
  image_size: 32,
  local_size: 16,
  local_crops_number: 2,
  out_dim: 128,
  head_hidden_dim: 64,
  head_bottleneck_dim: 32,
  batch_size: 16,
  saveckp_freq: 1,
  epochs: 2,
};
/** Emoji by the beginning of their file's name. */
const CLASSES = { faces: /^1f6[0-4]/, flags: /^1f1/, moons: /^1f3[0-2]/ };
const EACH = 16;

/** What a test does with a page's canvas: the tests have no types of the browser's. */
interface Canvas {
  getContext(kind: '2d'): object | null;
  getContext(kind: 'webgl2'): { getExtension(name: 'WEBGL_lose_context'): LosesContext | null } | null;
}
interface LosesContext {
  loseContext(): void;
  restoreContext(): void;
}

let folder: string;
let bench: Workbench;

const images = () => path.join(folder, 'images');

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  const lines = ['file,weight'];
  for (const [name, pattern] of Object.entries(CLASSES)) {
    mkdirSync(path.join(images(), name), { recursive: true });
    const files = readdirSync(EMOJI).filter((file) => pattern.test(file));
    files.slice(0, EACH).forEach((file, index) => {
      cpSync(path.join(EMOJI, file), path.join(images(), name, file));
      // One image of each class has no line.
      if (index > 0) lines.push(`${name}/${file},${index + lines.length / 100}`);
    });
  }
  mkdirSync(path.join(folder, 'unreadable'));
  for (const name of ['one.png', 'two.png']) writeFileSync(path.join(folder, 'unreadable', name), 'no image');
  writeFileSync(path.join(folder, 'weights.csv'), `${lines.join('\n')}\nnowhere.png,5\n`);
  await ask(['train', images(), '--out', path.join(folder, 'runs', 'seen'), ...setArguments(SETTINGS)]);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Box = NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>;

/** How many pixels of the plot, or of the part of the page that it is asked for, have a color of their own, neither gray nor the background. */
async function coloredPixels(panel: FrameLocator, clip?: Box): Promise<number> {
  const shown = clip === undefined ? panel.locator('.stage').screenshot() : bench.page.screenshot({ clip });
  const { data } = await sharp(await shown)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let colored = 0;
  for (let at = 0; at < data.length; at += 3) {
    const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
    if (Math.max(r, g, b) - Math.min(r, g, b) > 60) colored++;
  }
  return colored;
}

/** The share of pixels that two images of the plot do not have in common. */
async function differing(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((png) => sharp(png).removeAlpha().raw().toBuffer()));
  if (a === undefined || b === undefined || a.length !== b.length) return 1;
  let count = 0;
  for (let at = 0; at < a.length; at += 3) {
    const farthest = Math.max(...[0, 1, 2].map((channel) => Math.abs((a[at + channel] ?? 0) - (b[at + channel] ?? 0))));
    if (farthest > 40) count++;
  }
  return (3 * count) / a.length;
}

/** The plot when it has come to rest: from one frame to the next nothing has moved. */
async function settled(panel: FrameLocator): Promise<Buffer> {
  const stage = panel.locator('.stage');
  let last = await stage.screenshot();
  await expect
    .poll(async () => {
      await nextFrame(stage);
      const before = last;
      last = await stage.screenshot();
      return last.equals(before);
    })
    .toBe(true);
  return last;
}

const idle = (panel: FrameLocator) => panel.locator('.work').waitFor({ state: 'hidden' });
const card = (panel: FrameLocator) => panel.locator('.card .name');
const press = (panel: FrameLocator, name: string | RegExp) => panel.getByRole('button', { name }).click();
const option = (panel: FrameLocator, name: string) => panel.locator('.drawer vscode-checkbox', { hasText: name });
const strip = (panel: FrameLocator, name: string) => panel.getByRole('region', { name });
const toggleOptions = (panel: FrameLocator) => press(panel, 'Options');
const searchField = (panel: FrameLocator) => panel.getByRole('searchbox', { name: 'Search by name and label' });
const checkpoint = (panel: FrameLocator) => panel.getByRole('slider', { name: 'Checkpoint' });

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person', () => {
  const step = stepsIn(() => bench);

  step('opens the plot of a folder, which starts by itself', async () => {
    await bench.runCommand('DINO: Refresh Runs');
    await bench.chooseFromMenu(bench.file('images'), 'Show Embedding');
    const panel = bench.webview();
    await panel.locator('.legend').waitFor();
    await idle(panel);
    expect(await panel.locator('.note').textContent()).toContain('48 images.');
    await expect.poll(() => coloredPixels(panel)).toBeGreaterThan(300);
    expect(await panel.locator('.legend li').allTextContents()).toEqual(['faces16', 'flags16', 'moons16']);
    const [plot, page] = await Promise.all(['.stage', 'main'].map((part) => panel.locator(part).boundingBox()));
    expect((plot?.width ?? 0) / (page?.width ?? 1)).toBe(1);
    expect((plot?.height ?? 0) / (page?.height ?? 1)).toBeGreaterThan(0.85);
    await bench.screenshot('embedding-dark');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
  });

  step('sees all points beside the legend', async (panel) => {
    const legend = panel.locator('.legend');
    const box = await legend.boundingBox();
    if (box === null) throw new Error('The legend is not there.');
    const show = (visibility: string) =>
      legend.evaluate((shown, value) => shown.style.setProperty('visibility', value), visibility);
    await show('hidden');
    await expect.poll(() => coloredPixels(panel, box)).toBe(0);
    await show('visible');
    await expect.poll(() => coloredPixels(panel, box)).toBeGreaterThan(0);
  });

  step('points at images with the mouse', async (panel) => {
    await toggleOptions(panel);
    await option(panel, 'Thumbnails').click();
    await toggleOptions(panel);
    const box = await panel.locator('.stage').boundingBox();
    if (box === null) throw new Error('The plot is not there.');
    const names = new Set<string>();
    for (let y = 0.2; y < 0.95; y += 0.1) {
      for (let x = 0.3; x < 0.96; x += 0.04) {
        await bench.page.mouse.move(box.x + x * box.width, box.y + y * box.height);
        await nextFrame(panel.locator('body'));
        if (await card(panel).isVisible()) names.add((await card(panel).textContent()) ?? '');
      }
    }
    expect(names.size).toBeGreaterThan(2);
    for (const name of names) expect(existsSync(path.join(images(), name)), name).toBe(true);
  });

  step('finds the images that are most alike, by keyboard', async (panel) => {
    await panel.locator('.stage').focus();
    await bench.page.keyboard.press('ArrowRight');
    await card(panel).waitFor();
    const first = await card(panel).textContent();
    for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowDown']) await bench.page.keyboard.press(key);
    await expect.poll(() => card(panel).textContent()).not.toBe(first);
    const name = (await card(panel).textContent()) ?? '';
    await bench.page.keyboard.press('Enter');
    const tiles = strip(panel, 'Nearest neighbors').getByRole('option');
    await expect.poll(() => tiles.count()).toBe(13);
    expect(await tiles.first().getAttribute('aria-label')).toBe(`${name}, itself`);
    const cosines = (await tiles.locator('.mark').allTextContents()).slice(1).map(Number);
    expect(cosines).toEqual([...cosines].sort((one, other) => other - one));
    await expect.poll(() => tiles.locator('canvas').count()).toBe(13);
    // Along the strip, the plot shows where each lies.
    await tiles.first().focus();
    await bench.page.keyboard.press('ArrowRight');
    const second = ((await tiles.nth(1).getAttribute('aria-label')) ?? '').replace(/, [\d.]+$/, '');
    await expect.poll(() => card(panel).textContent()).toBe(second);
    await bench.screenshot('embedding-neighbors');
  });

  step('selects by a lasso and by a box, and opens what is selected', async (panel) => {
    const box = await panel.locator('.stage').boundingBox();
    if (box === null) throw new Error('The plot is not there.');
    const { mouse } = bench.page;
    const dragThrough = async (places: readonly (readonly [number, number])[]) => {
      const [[left, top], ...others] = places as [readonly [number, number], ...(readonly [number, number])[]];
      await mouse.move(box.x + left * box.width, box.y + top * box.height);
      await mouse.down();
      for (const [x, y] of others) await mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
    };
    await panel.locator('.stage').focus();
    await bench.page.keyboard.press('Escape');
    await press(panel, /^Select with a lasso/);
    // Under what floats over the plot, too.
    await dragThrough([
      [0.3, 0.99],
      [0.01, 0.99],
      [0.01, 0.01],
      [0.99, 0.01],
      [0.99, 0.99],
    ]);
    await bench.screenshot('embedding-lasso');
    await mouse.up();
    await panel.getByText('48 selected').waitFor();
    await press(panel, 'Close: Selected images');
    await panel.getByText('48 selected').waitFor({ state: 'hidden' });
    // The legend hides the others: the box catches what is shown alone.
    await panel.locator('.legend button', { hasText: 'flags' }).dblclick();
    await panel.locator('.legend button[aria-pressed="false"]', { hasText: 'moons' }).waitFor();
    expect(await accessibilityProblems(panel)).toEqual([]);
    await press(panel, 'Select in a box');
    await dragThrough([
      [0.99, 0.99],
      [0.01, 0.01],
    ]);
    await mouse.up();
    await panel.getByText('16 selected').waitFor();
    const selected = strip(panel, 'Selected images').getByRole('option');
    const names = await selected.evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('aria-label') ?? ''));
    expect(names.every((name) => name.startsWith('flags/'))).toBe(true);
    await panel.locator('.legend button', { hasText: 'flags' }).dblclick();
    await bench.screenshot('embedding-selected');
    await bench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await press(panel, 'Copy Paths');
    await expect
      .poll(async () => String(await bench.page.evaluate('navigator.clipboard.readText()')).split('\n'))
      .toEqual(names.map((name) => path.join(images(), name)));
    await selected.nth(1).click();
    await press(panel, 'Open');
    // The group beside takes the focus a moment after its tab is there.
    await bench.page
      .locator('.editor-group-container.active .tab', { hasText: path.basename(names[1] ?? '') })
      .waitFor();
    await bench.runCommand('View: Close All Editors in Group');
    await bench.page.locator('.tab', { hasText: 'Embedding: ' }).click();
  });

  step('searches by a slash, and the keys go among what is found', async (panel) => {
    const name = readdirSync(path.join(images(), 'moons'))[3] ?? '';
    await panel.locator('.stage').focus();
    await bench.page.keyboard.press('/');
    await bench.page.keyboard.type('MOONS');
    await panel.locator('.search output', { hasText: '16 of 48' }).waitFor();
    await bench.screenshot('embedding-search');
    await bench.page.keyboard.type(` ${name}`);
    await panel.locator('.search output', { hasText: '1 of 48' }).waitFor();
    await panel.locator('.stage').focus();
    await bench.page.keyboard.press('ArrowRight');
    await expect.poll(() => card(panel).textContent()).toBe(`moons/${name}`);
    await searchField(panel).focus();
    await bench.page.keyboard.press('Escape');
    expect(await searchField(panel).inputValue()).toBe('');
    await bench.page.keyboard.press('Escape');
    expect(await panel.locator('.stage').evaluate((stage) => stage === stage.ownerDocument.activeElement)).toBe(true);
  });

  step('zooms in at the pointer, and sees all again', async (panel) => {
    const stage = panel.locator('.stage');
    await stage.focus();
    // What the keys were at shows a card until the pointer comes and goes.
    const overAll = { position: { x: 640, y: 300 } };
    await stage.hover(overAll);
    await bench.page.mouse.move(5, 5);
    await card(panel).waitFor({ state: 'hidden' });
    await bench.page.keyboard.press('0');
    const whole = await settled(panel);
    await stage.hover(overAll);
    await bench.page.mouse.wheel(0, -600);
    await bench.page.mouse.move(5, 5);
    expect(await differing(whole, await settled(panel))).toBeGreaterThan(0.005);
    await bench.screenshot('embedding-zoomed');
    await bench.page.keyboard.press('0');
    await expect.poll(async () => differing(whole, await settled(panel))).toBeLessThan(0.001);
  });

  step('is laid out anew by another method, and stays in sight', async (panel) => {
    const before = await settled(panel);
    await panel.locator('vscode-dropdown[aria-label="Method"]').click();
    await panel.locator('vscode-option', { hasText: 'PCA' }).click();
    await expect.poll(async () => differing(before, await settled(panel))).toBeGreaterThan(0.005);
    await idle(panel);
    await panel.getByText('16 selected').waitFor();
    const pca = await settled(panel);
    await panel.locator('vscode-dropdown[aria-label="Method"]').click();
    await panel.locator('vscode-option', { hasText: 't-SNE' }).first().click();
    await expect.poll(async () => differing(pca, await settled(panel))).toBeGreaterThan(0.005);
    await idle(panel);
  });

  step('colors by a column of a table in which images are missing', async (panel) => {
    await toggleOptions(panel);
    await press(panel, /^CSV Columns/);
    await bench.answerFileDialog(images(), path.join(folder, 'weights.csv'), /^(OK|Color by its columns)$/);
    await panel.getByText('45 of 48 images are in it').waitFor();
    await panel.locator('.legend .scale').waitFor();
    await panel.getByText('3 without a value are gray.').waitFor();
    await bench.screenshot('embedding-column');
    // What the neighbors of an image without a line say of it.
    await option(panel, 'k-NN prediction').click();
    await panel.locator('.legend', { hasText: 'k-NN prediction of weight' }).waitFor();
    await panel.getByText('3 without a value are gray.').waitFor({ state: 'hidden' });
    await option(panel, 'k-NN prediction').click();
    await panel.getByText('3 without a value are gray.').waitFor();
  });

  step('goes back to the untrained network; the points move', async (panel) => {
    await option(panel, 'Thumbnails').click();
    await toggleOptions(panel);
    const seen = () => panel.locator('.stage').screenshot();
    const trained = await seen();
    const slider = checkpoint(panel);
    await slider.press('Home');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('untrained');
    await expect.poll(async () => (await seen()).equals(trained)).toBe(false);
    await idle(panel);
    await press(panel, 'Compute All');
    await panel.locator('vscode-button[disabled]', { hasText: 'Compute All' }).waitFor();
    await idle(panel);
    await slider.press('Home');
    const untrained = await seen();
    // Half the way between two checkpoints.
    for (let press = 0; press < 10; press++) await slider.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/^untrained → step/);
    await expect.poll(async () => (await seen()).equals(untrained)).toBe(false);
    await bench.screenshot('embedding-between');
    await slider.press('End');
  });

  step('goes elsewhere and comes back to the same', async (panel) => {
    await settled(panel);
    const before = await coloredPixels(panel);
    await bench.file('weights.csv').dblclick();
    await bench.page.locator('.monaco-editor .view-line').first().waitFor();
    await bench.page.locator('.tab', { hasText: 'Embedding: ' }).click();
    await bench.webview().locator('.stage').waitFor();
    await expect.poll(() => coloredPixels(bench.webview())).toBeGreaterThan(before / 3);
    await bench.webview().locator('.legend .scale').waitFor();
    await bench.webview().getByText('16 selected').waitFor();
  });

  step('finds it as it was after a reload of the window', async (panel) => {
    const slider = checkpoint(panel);
    await slider.press('Home');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('untrained');
    const before = await settled(panel);
    await bench.runCommand('Developer: Reload Window');
    const again = bench.webview();
    // Until then the old page may still be there.
    await again.locator('.stage').waitFor({ state: 'detached' });
    await again.locator('.legend .scale').waitFor();
    await idle(again);
    await again.getByText('16 selected').waitFor();
    await expect.poll(() => checkpoint(again).getAttribute('aria-valuetext')).toBe('untrained');
    await expect.poll(async () => differing(before, await again.locator('.stage').screenshot())).toBeLessThan(0.01);
    await bench.screenshot('embedding-reloaded');
    await checkpoint(again).press('End');
  });

  step('saves the points as a table, and as an image', async () => {
    const panel = bench.webview();
    await toggleOptions(panel);
    await panel.getByRole('group', { name: 'Save as' }).getByRole('button', { name: 'CSV' }).click();
    const table = path.join(folder, 'plot.csv');
    await bench.answerFileDialog('images-embedding.csv', table, /^(OK|Save)$/);
    await expect.poll(() => existsSync(table) && readFileSync(table, 'utf8').trimEnd().split('\n').length).toBe(49);
    const text = readFileSync(table, 'utf8');
    expect(text).toMatch(/^name,x,y,weight,selected\nfaces\/[^,]+,-?[\d.]+,-?[\d.]+,[^,]+,no\n/);
    expect(text.match(/,no value,/g)).toHaveLength(3);
    expect(text.match(/,yes$/gm)).toHaveLength(16);
    await panel.getByRole('group', { name: 'Save as' }).getByRole('button', { name: 'PNG' }).click();
    const image = path.join(folder, 'plot.png');
    await bench.answerFileDialog('images-embedding.png', image, /^(OK|Save)$/);
    await expect.poll(() => existsSync(image) && readFileSync(image).subarray(1, 4).toString()).toBe('PNG');
    const { channels } = await sharp(image).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(1);
  });

  step('writes what the Embedding Projector reads', async (panel) => {
    await panel.getByRole('group', { name: 'Save as' }).getByRole('button', { name: 'Embedding Projector' }).click();
    const target = path.join(folder, 'projector');
    mkdirSync(target);
    await bench.answerFileDialog(folder, target, /^(OK|Write Here)$/);
    await panel.getByText(`Written: ${target}`).waitFor();
    const lines = (file: string) => readFileSync(path.join(target, file), 'utf8').trimEnd().split('\n');
    expect(lines('vectors.tsv')).toHaveLength(48);
    expect(lines('metadata.tsv')).toHaveLength(49);
    expect(lines('metadata.tsv')[0]).toBe('name\tweight\tselected');
    const sprite = await sharp(path.join(target, 'sprite.png')).metadata();
    expect([sprite.width, sprite.height]).toEqual([7 * 64, 7 * 64]);
    expect(readFileSync(path.join(target, 'projector_config.json'), 'utf8')).toContain('sprite.png');
    await toggleOptions(panel);
  });

  step('opens the plot of a run from its menu', async () => {
    await bench.showContainer('DINO Lab');
    await bench.chooseFromMenu(bench.row('finished'), 'Show Embedding');
    await expect.poll(() => bench.page.locator('.tab', { hasText: 'Embedding: ' }).count()).toBe(2);
    const panel = bench.webview();
    await panel.locator('.legend').waitFor();
    await idle(panel);
    await expect.poll(() => panel.locator('.note').textContent()).toContain('48 images.');
    await bench.runCommand('View: Close Editor');
    await bench.showContainer('Explorer');
    await bench.webview().locator('.legend .scale').waitFor();
  });

  step('is told why there is no plot, and starts again when there can be one', async () => {
    await bench.chooseFromMenu(bench.file('unreadable'), 'Show Embedding');
    await bench.page.locator('.tab.active', { hasText: 'Embedding: unreadable' }).waitFor();
    const panel = bench.webview();
    const told = panel.getByRole('alert').getByText('None of the images');
    await told.waitFor();
    await bench.screenshot('embedding-unreadable');
    expect(await accessibilityProblems(panel)).toEqual([]);
    cpSync(path.join(EMOJI, '1f981.png'), path.join(folder, 'unreadable', 'lion.png'));
    await press(panel, 'Start Again');
    await told.waitFor({ state: 'hidden' });
    await panel.getByText('1 image.').waitFor();
    await bench.runCommand('View: Close Editor');
    await bench.webview().locator('.legend .scale').waitFor();
  });

  step('sees it in every theme and in a narrow window', async () => {
    await lookInEveryTheme(bench, 'embedding');
  });

  step('keeps the plot when the GPU is lost, whether it comes back or not', async (panel) => {
    await toggleOptions(panel);
    const thumbnails = option(panel, 'Thumbnails');
    await thumbnails.click();
    await toggleOptions(panel);
    await settled(panel);
    const before = await coloredPixels(panel);
    const canvas = panel.locator('canvas.points');
    const gpu = await canvas.evaluateHandle((points) => {
      const extension = (points as unknown as Canvas).getContext('webgl2')?.getExtension('WEBGL_lose_context');
      if (!extension) throw new Error('The points are not drawn by WebGL.');
      return extension;
    });
    // It comes back at once: the page does not wait for long.
    await canvas.evaluate((points, extension) => {
      const { ownerDocument } = points;
      const isBack = new Promise((done) => points.addEventListener('webglcontextrestored', done, { once: true }));
      const restore = () => ownerDocument.defaultView?.setTimeout(() => extension.restoreContext());
      points.addEventListener('webglcontextlost', restore, { once: true });
      extension.loseContext();
      return isBack.then(() => undefined);
    }, gpu);
    await expect.poll(() => coloredPixels(panel)).toBeGreaterThan(0.9 * before);
    await gpu.evaluate((extension) => extension.loseContext());
    await expect
      .poll(() => canvas.evaluate((points) => (points as unknown as Canvas).getContext('2d') !== null))
      .toBe(true);
    await expect.poll(() => coloredPixels(panel)).toBeGreaterThan(0.7 * before);
    await bench.screenshot('embedding-without-gpu');
    await toggleOptions(panel);
    await thumbnails.click();
    await toggleOptions(panel);
  });

  step('is told when an image has gone, and when the network has', async (panel) => {
    const [file = ''] = readdirSync(path.join(images(), 'faces'));
    rmSync(path.join(images(), 'faces', file));
    await searchField(panel).fill(file);
    await panel.locator('.stage').focus();
    await bench.page.keyboard.press('ArrowRight');
    await expect.poll(() => card(panel).textContent()).toBe(`faces/${file}`);
    await bench.page.keyboard.press('Enter');
    await strip(panel, 'Nearest neighbors').getByRole('button', { name: 'Open' }).click();
    await bench
      .notification(`faces/${file} is no longer in`)
      .or(bench.notification(`${file} is no longer in`))
      .first()
      .waitFor();
    rmSync(path.join(folder, 'runs', 'seen', 'checkpoints'), { recursive: true });
    await bench.runCommand('DINO: Refresh Runs');
    await panel.getByRole('alert').getByText('The network of this plot no longer exists').waitFor();
    expect(await panel.locator('.stage').isVisible()).toBe(true);
  });
});
