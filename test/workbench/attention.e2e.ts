/** A person looks into a run: whose attention is shown, by pointer and keyboard, over the training, and beside another network's. */
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { root } from '../../scripts/setup.mjs';
import { accessibilityProblems } from './accessibility.js';
import {
  EMOJI,
  expectStrictPolicy,
  lookInEveryTheme,
  openDisplay,
  putImages,
  SMALL_NETWORK,
  setArguments,
  stepsIn,
} from './person.js';
import { isIn, nextFrame, openWorkbench, tried, type Workbench } from './workbench.js';

const IMAGE = 'lion.png';
const RESNET = 'resnet.safetensors';
/** An epoch of two steps, and a checkpoint after each. */
const SETTINGS = { ...SMALL_NETWORK, saveckp_freq: 1, epochs: 6 };

let folder: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  putImages(folder, 32);
  cpSync(path.join(EMOJI, '1f981.png'), path.join(folder, IMAGE));
  cpSync(path.join(EMOJI, '1f431.png'), path.join(folder, 'cat.png'));
  const wide = sharp(path.join(EMOJI, '1f431.png')).resize(160, 64, { fit: 'contain', background: '#48a' });
  await wide.toFile(path.join(folder, 'wide.png'));
  cpSync(path.join(root, 'test/reference/resnet/basic_initial.safetensors'), path.join(folder, RESNET));
  writeFileSync(path.join(folder, 'notes.md'), 'An image: ![the king](lion.png), and no image: readme.txt\n');
  mkdirSync(path.join(folder, '.vscode'));
  const settings = { 'workbench.colorTheme': 'Default Dark Modern', 'editor.hover.delay': 100 };
  writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  const [images, run] = [path.join(folder, 'images'), path.join(folder, 'runs', 'seen')];
  await ask(['train', images, '--out', run, ...setArguments(SETTINGS)]);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The attention panel, where there is another webview beside it: VS Code's own preview of an image. */
const attentionPage = (): FrameLocator =>
  bench.page.frameLocator('iframe.webview.ready[src*="extensionId=dino-lab"]').frameLocator('iframe#active-frame');

const large = (panel: FrameLocator) => panel.locator('canvas.large');

/** The pixels of the large image as they are on the screen. */
async function seen(panel: FrameLocator): Promise<Buffer> {
  // Painted with the next frame.
  await nextFrame(panel.locator('body'));
  return sharp(await large(panel).screenshot())
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Mean difference of two images' values, 0 to 255. */
const difference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

const query = (panel: FrameLocator) => expect.poll(() => panel.locator('.query').textContent());

/** Puts the pointer over a place of the large image, 0 to 1 each way. */
async function pointAt(panel: FrameLocator, x: number, y: number, act: 'hover' | 'click' = 'hover'): Promise<void> {
  const box = await large(panel).boundingBox();
  if (box === null) throw new Error('The image is not there.');
  await large(panel)[act]({ position: { x: x * box.width, y: y * box.height } });
}

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person', () => {
  const step = stepsIn(() => bench);

  step('sees the attention of the patch under the pointer', async () => {
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
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
    await expectStrictPolicy(panel);
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
    // Wherever the focus has gone.
    await openDisplay(panel);
    await panel.getByLabel('Opacity').focus();
    await bench.page.keyboard.press('Escape');
    await panel.locator('h1').hover();
    await query(panel).toMatch(/CLS token/);
  });

  step('zooms at the pointer, pans, and sees all again, in every head at once', async (panel) => {
    const head = () => panel.getByRole('radio', { name: 'Head 2' }).locator('canvas').screenshot();
    const badge = panel.locator('.zoom-badge');
    const [whole, wholeHead] = [await seen(panel), await head()];
    await pointAt(panel, 0.3, 0.3);
    await query(panel).toMatch(/column 3, row 3\./);
    await bench.page.mouse.wheel(0, -600);
    await badge.waitFor();
    await query(panel).toMatch(/column 3, row 3\./);
    await panel.locator('h1').hover();
    const zoomed = await seen(panel);
    expect(difference(whole, zoomed)).toBeGreaterThan(0.5);
    expect(wholeHead.equals(await head())).toBe(false);
    await bench.screenshot('attention-zoomed');
    await pointAt(panel, 0.3, 0.3);
    const box = await large(panel).boundingBox();
    if (box === null) throw new Error('The image is not there.');
    await bench.page.mouse.down();
    await bench.page.mouse.move(box.x + 0.4 * box.width, box.y + 0.4 * box.height, { steps: 4 });
    await bench.page.mouse.up();
    // What was taken hold of has come along, and is not pinned.
    await query(panel).toMatch(/column 3, row 3\. A click pins it/);
    await panel.locator('h1').hover();
    expect(difference(zoomed, await seen(panel))).toBeGreaterThan(0.5);
    // Another step and another head are seen in the same part.
    await panel.getByRole('slider', { name: 'Network: training steps' }).press('Home');
    await bench.page.keyboard.press(']');
    await panel.getByRole('radio', { name: 'Head 1', checked: true }).waitFor();
    await bench.page.keyboard.press('[');
    await panel.getByRole('slider', { name: 'Network: training steps' }).press('End');
    await badge.waitFor();
    await large(panel).dblclick({ position: { x: 0.6 * box.width, y: 0.6 * box.height } });
    await badge.waitFor({ state: 'hidden' });
    await panel.locator('h1').hover();
    await query(panel).toMatch(/CLS token/);
    await expect.poll(async () => difference(whole, await seen(panel))).toBe(0);
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
    await panel.getByRole('slider', { name: 'Network: training steps' }).press('ArrowLeft');
    await note().toContain('step 10 (teacher)');
    await panel.getByRole('slider', { name: 'Network: training steps' }).press('Home');
    await note().toContain('step 0 (teacher)');
    await expect.poll(async () => difference(trained, await seen(panel))).toBeGreaterThan(0.5);
    const exact = panel.getByRole('spinbutton', { name: 'Network: step' });
    await exact.fill('7');
    await exact.press('Enter');
    await note().toMatch(/step [68] \(teacher\)/);
    await exact.fill('12');
    await exact.press('Enter');
    await note().toContain('step 12 (teacher)');
    await expect.poll(async () => difference(trained, await seen(panel))).toBe(0);
  });

  step('wipes between two checkpoints by mouse and by keyboard', async (panel) => {
    const trained = await seen(panel);
    await panel.locator('vscode-checkbox', { hasText: 'Compare' }).click();
    const handle = panel.getByRole('slider', { name: 'Wipe between the two networks' });
    await handle.waitFor();
    const sides = () => panel.locator('.side').allTextContents();
    await expect.poll(sides).toEqual(['images, step 12', 'images, untrained']);
    await handle.press('End');
    expect(await handle.getAttribute('aria-valuenow')).toBe('100');
    await handle.press('Home');
    expect(await handle.getAttribute('aria-valuenow')).toBe('0');
    await expect.poll(async () => difference(trained, await seen(panel))).toBeGreaterThan(0.5);
    const untrained = await seen(panel);
    const [box, grip] = [await large(panel).boundingBox(), await handle.boundingBox()];
    if (box === null || grip === null) throw new Error('The handle is not there.');
    const middle = box.y + box.height / 2;
    await bench.page.mouse.move(grip.x + grip.width / 2 + 4, middle);
    await bench.page.mouse.down();
    await bench.page.mouse.move(box.x + box.width / 2, middle, { steps: 4 });
    await bench.page.mouse.up();
    await expect.poll(() => handle.getAttribute('aria-valuenow')).toBe('50');
    await panel.locator('h1').hover();
    await expect.poll(async () => difference(trained, await seen(panel))).toBeGreaterThan(0.1);
    await expect.poll(async () => difference(untrained, await seen(panel))).toBeGreaterThan(0.1);
    await bench.screenshot('attention-wipe');
    expect(await accessibilityProblems(panel)).toEqual([]);
  });

  step('sees it in every theme and in a narrow window', async (panel) => {
    await panel.locator('vscode-checkbox', { hasText: 'Compare' }).click();
    await pointAt(panel, 0.3, 0.3, 'click');
    await lookInEveryTheme(bench, 'attention');
  });

  step('copies the image', async (panel) => {
    await bench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await panel.locator('vscode-button', { hasText: 'Copy as PNG' }).click();
    await panel.getByText('The image is in the clipboard.').waitFor();
    const types = await bench.page.evaluate('navigator.clipboard.read().then(([item]) => item.types)');
    expect(types).toEqual(['image/png']);
  });

  step('goes elsewhere and comes back to the same', async (panel) => {
    await query(panel).toMatch(/column 3, row 3, pinned/);
    await panel.locator('h1').hover();
    const before = await seen(panel);
    await bench.file('notes.md').dblclick();
    await bench.page.locator('.monaco-editor .view-line').first().waitFor();
    await bench.page.locator('.tab', { hasText: 'Attention: ' }).click();
    const again = bench.webview();
    await query(again).toMatch(/column 3, row 3, pinned/);
    await again.locator('h1').hover();
    await expect.poll(async () => difference(before, await seen(again))).toBe(0);
  });

  step('is told when the image has gone, and sees it when it is back', async (panel) => {
    const kept = path.join(folder, 'kept');
    renameSync(path.join(folder, IMAGE), kept);
    await panel.getByRole('alert').getByText('lion.png cannot be read: the file is no longer there').waitFor();
    await large(panel).waitFor({ state: 'hidden' });
    renameSync(kept, path.join(folder, IMAGE));
    await large(panel).waitFor();
    await panel.getByRole('alert').waitFor({ state: 'hidden' });
  });

  step('is told when a checkpoint has gone, and sees another', async (panel) => {
    const slider = panel.getByRole('slider', { name: 'Network: training steps' });
    const checkpoints = path.join(folder, 'runs', 'seen', 'checkpoints');
    rmSync(path.join(checkpoints, '00000004'), { recursive: true });
    const exact = panel.getByRole('spinbutton', { name: 'Network: step' });
    await exact.fill('4');
    await exact.press('Enter');
    await panel.getByText('images, step 4 is no longer there.').waitFor();
    await large(panel).waitFor();
    expect(await slider.getAttribute('aria-valuetext')).not.toBe('step 4');
  });

  step('sees patch features, compares a patch with all others, and finds it in a second image', async (panel) => {
    const choose = async (look: string) => {
      const looks = panel.locator('vscode-dropdown[aria-label="Look"]');
      await looks.click();
      await looks.locator('vscode-option', { hasText: look }).click();
    };
    await bench.page.keyboard.press('Escape');
    await panel.locator('h1').hover();
    const attention = await seen(panel);
    await choose('Patch features');
    await query(panel).toMatch(/^Colors: principal components 1 to 3 of the foreground, the \d+ of 64 patches/);
    expect(await panel.getByRole('radiogroup', { name: 'Head' }).isVisible()).toBe(false);
    const colors = await seen(panel);
    expect(difference(attention, colors)).toBeGreaterThan(0.5);
    await panel.locator('vscode-checkbox', { hasText: 'Foreground only' }).click();
    await panel.locator('h1').hover();
    await expect.poll(async () => difference(colors, await seen(panel))).toBeGreaterThan(0.5);
    await panel.locator('vscode-button', { hasText: 'Second Image…' }).click();
    await bench.answerFileDialog(folder, path.join(folder, 'cat.png'), /Show Beside/);
    await panel.locator('canvas.second').waitFor();
    await pointAt(panel, 0.55, 0.55, 'click');
    await query(panel).toMatch(
      /^Cosine similarity to the patch in column 5, row 5: \S+ to 1\.00, pinned\. .*Most similar in cat\.png: column \d, row \d/,
    );
    await bench.screenshot('patches-second');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await panel.getByRole('button', { name: 'Close Second Image' }).click();
    await panel.locator('canvas.second').waitFor({ state: 'hidden' });
    await lookInEveryTheme(bench, 'patches');
    await choose('Attention');
    await query(panel).toMatch(/^Attention of the patch in column 5, row 5, pinned/);
  });

  step('sees it over the name of an image in a text, and opens it from there', async () => {
    await bench.runCommand('View: Close All Editors');
    await bench.file('notes.md').dblclick();
    const name = bench.page.locator('.monaco-editor .view-line span', { hasText: 'lion.png' }).last();
    const image = bench.page.locator('.monaco-hover img[src^="data:image/png"]').first();
    // An editor that is not ready yet does not notice the mouse: it has to come again.
    const isShown = await tried(async (timeout) => {
      await bench.file('notes.md').hover();
      await name.hover();
      return isIn('visible', image, timeout);
    });
    expect(isShown).toBe(true);
    expect(await image.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(326);
    await nextFrame(bench.page.locator('body'));
    await bench.screenshot('attention-hover');
    await bench.page.locator('.monaco-hover a', { hasText: 'Show Attention' }).click();
    await large(bench.webview()).waitFor();
    expect(await bench.webview().locator('h1').textContent()).toBe('lion.png');
    await bench.runCommand('View: Close All Editors');
  });

  step('has a panel beside the images that follows them', async () => {
    await bench.file(IMAGE).click();
    await bench.page.locator('.tab', { hasText: IMAGE }).waitFor();
    await bench.runCommand('DINO: Show Attention to the Side');
    const title = () => expect.poll(() => attentionPage().locator('h1').textContent());
    await title().toBe(IMAGE);
    await bench.file('cat.png').click();
    await title().toBe('cat.png');
    await large(attentionPage()).waitFor();
    await bench.screenshot('attention-follows');
    await bench.file('wide.png').click();
    await title().toBe('wide.png');
    const ratio = async () => {
      const box = await large(attentionPage()).boundingBox();
      return box === null ? 0 : Math.round((10 * box.width) / box.height) / 10;
    };
    await expect.poll(ratio, { message: 'an image keeps its shape' }).toBe(2.5);
    await bench.screenshot('attention-wide');
    await bench.runCommand('View: Close All Editors');
  });

  step('opens it from the preview of crops', async () => {
    await bench.chooseFromMenu(bench.file('cat.png'), 'Preview Crops');
    const crops = bench.webview();
    await crops.locator('.tile').nth(1).click();
    await crops.locator('vscode-button', { hasText: 'Show Attention in Global 2' }).click();
    await bench.page.locator('.tab', { hasText: /Attention: cat\.png, \d+ × \d+ pixels at/ }).waitFor();
    await large(bench.webview()).waitFor();
    await bench.page.locator('.tab', { hasText: 'Crops: ' }).click();
    await bench.chooseFromMenu(bench.webview().locator('.tile').nth(3), 'Show Attention');
    await expect.poll(() => bench.page.locator('.tab', { hasText: 'Attention: cat.png, ' }).count()).toBe(2);
  });

  step('sees the activations of a ResNet, which has no attention', async () => {
    await bench.runCommand('View: Close All Editors');
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
    const panel = bench.webview();
    await large(panel).waitFor();
    await openDisplay(panel);
    await panel.locator('vscode-button', { hasText: 'Checkpoint File…' }).click();
    await bench.answerFileDialog(folder, path.join(folder, RESNET), /Use for attention/);
    await panel.getByText('A ResNet has no attention. Shown instead: the activations of its last stage.').waitFor();
    await query(panel).toMatch(/^Norm of the activation at each place: \S+ to \S+\. Point at a place/);
    await panel.locator('h1').hover();
    const norms = await seen(panel);
    await pointAt(panel, 0.1, 0.1);
    await query(panel).toMatch(
      /^Cosine similarity to the activation in column 1, row 1: .* to 1\.00\. A click pins it/,
    );
    const corner = await seen(panel);
    expect(difference(norms, corner)).toBeGreaterThan(0.5);
    for (const name of ['Block', 'Heads', 'Overlay', 'Attention kept'])
      expect(await panel.getByLabel(name, { exact: true }).isVisible(), name).toBe(false);
    expect(await panel.getByRole('radiogroup', { name: 'Head' }).isVisible()).toBe(false);
    await pointAt(panel, 0.5, 0.5, 'click');
    await query(panel).toMatch(/column 4, row 4: .*, pinned/);
    await bench.page.keyboard.press('ArrowRight');
    await query(panel).toMatch(/column 5, row 4: .*, pinned/);
    await bench.screenshot('activations-pinned');
    await bench.page.keyboard.press('Escape');
    await panel.locator('h1').hover();
    await expect.poll(async () => difference(norms, await seen(panel))).toBe(0);
    await pointAt(panel, 0.3, 0.3, 'click');
    await lookInEveryTheme(bench, 'activations');
  });

  step('wipes between a Vision Transformer and a ResNet', async (panel) => {
    await panel.locator('vscode-checkbox', { hasText: 'Compare' }).click();
    await panel.getByRole('slider', { name: 'Wipe between the two networks' }).waitFor();
    await panel.getByRole('group', { name: 'Compared with' }).locator('vscode-dropdown').click();
    await panel.getByLabel('Compared with', { exact: true }).locator('vscode-option', { hasText: 'images' }).click();
    await panel.getByText('resnet.safetensors is a ResNet, which has no attention. Shown instead').waitFor();
    // What the run's network alone has is offered again.
    await panel.getByLabel('Overlay', { exact: true }).waitFor();
    await panel.getByRole('radio', { name: 'Head 2' }).click();
    // The run tells how many heads there are, and the file has none.
    expect(await panel.getByLabel('Heads', { exact: true }).isVisible()).toBe(false);
    await bench.screenshot('activations-wipe');
    expect(await accessibilityProblems(panel)).toEqual([]);
  });
});
