/** A person trains on images, looks at the run and into its network, and cleans up, in a real VS Code. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { accessibilityProblems } from './accessibility.js';
import { EMOJI, openDisplay, putImages, SMALL_NETWORK, stepsIn } from './person.js';
import { nextFrame, openWorkbench, type Workbench } from './workbench.js';

/** A run long enough to be stopped by hand. */
const CONFIG = { ...SMALL_NETWORK, epochs: 1000 };
const IMAGE = 'lion.png';

let folder: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  putImages(folder, 100);
  cpSync(path.join(EMOJI, '1f981.png'), path.join(folder, IMAGE));
  writeFileSync(path.join(folder, 'quick.dino.json'), JSON.stringify(CONFIG, null, 2));
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const runFolder = (): string => {
  const runs = path.join(folder, 'runs');
  const [name] = existsSync(runs) ? readdirSync(runs).filter((entry) => !entry.startsWith('.')) : [];
  if (name === undefined) throw new Error('There is no run.');
  return path.join(runs, name);
};
const record = (): { readonly status: string; readonly process?: { readonly pid: number } } =>
  JSON.parse(readFileSync(path.join(runFolder(), 'run.json'), 'utf8'));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The pixels of the large image as they are on the screen. */
async function seen(panel: FrameLocator): Promise<Buffer> {
  // Painted with the next frame.
  await nextFrame(panel.locator('body'));
  return sharp(await panel.locator('canvas.large').screenshot())
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Mean difference of two images' values, 0 to 255. */
const difference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

/** The steps of a person, in their order: each goes on where the one before it ended. */
describe('A person', () => {
  const step = stepsIn(() => bench);

  step('is shown the way by an empty view', async () => {
    await bench.showContainer('DINO Lab');
    // Not the button of the same name in the view's title, which is there before VS Code trusts the folder.
    await bench.page.locator('.welcome-view').getByRole('button', { name: 'Start Training' }).waitFor();
    await bench.screenshot('welcome');
  });

  step('starts a training from the palette', async () => {
    await bench.runCommand('DINO: Start Training');
    await bench.pick('images');
    // The images have been looked at: what is suggested for so few comes first, with what it takes, then the presets.
    const rows = bench.page.locator('.quick-input-widget .monaco-list-row');
    await rows
      .first()
      .filter({ hasText: /Start With These Settings.*free memory/ })
      .waitFor();
    expect(await rows.nth(1).textContent()).toContain('dinov2-few-images');
    await bench.screenshot('presets');
    // The list is longer than its box: what is below is there only when it is typed.
    await bench.page.keyboard.type('Few images');
    await rows.filter({ hasText: /DINOv2, few images.*recommended/ }).waitFor();
    await bench.pickByTyping('From Config File');
    await bench.pick('quick.dino.json');
    await bench.row('images').first().waitFor();
  });

  step('watches it train in the tree and in the status bar', async () => {
    await bench.row(/[▰▱]{5} \d+ % · .+ left · loss \d+\.\d\d/).waitFor();
    const status = bench.page
      .locator('.statusbar-item')
      .filter({ hasText: /DINO \d+ % · loss \d+\.\d\d · [\d.]+ img\/s/ });
    await status.waitFor();
    const before = await bench.row(/loss/).textContent();
    await expect.poll(() => bench.row(/loss/).textContent()).not.toBe(before);
    await bench.screenshot('training');
  });

  step('takes the tour, and puts a line of it away', async () => {
    await bench.runCommand('DINO: Tour');
    await bench.page.locator('.tab', { hasText: 'Loss: images' }).waitFor();
    const page = (at: number) =>
      bench.page.frameLocator(`iframe.webview.ready >> nth=${at}`).frameLocator('iframe#active-frame');
    const attention = page(1);
    await attention.locator('canvas.large').waitFor();
    // The one of the network that it may be compared with is hidden.
    await attention.getByRole('button', { name: '● following the newest' }).waitFor();
    for (const at of [0, 1]) expect(await accessibilityProblems(page(at))).toEqual([]);
    await bench.page.getByText('Each row is a run').waitFor();
    await bench.screenshot('tour');
    await attention.getByRole('button', { name: 'Got it' }).click();
    await attention.locator('.hint').waitFor({ state: 'hidden' });
    expect(await page(0).locator('.hint').isVisible()).toBe(true);
    await bench.runCommand('View: Close All Editors');
  });

  step('watches the loss curve grow', async () => {
    await bench.runCommand('DINO: Show Loss Curve');
    const panel = bench.webview();
    const chart = panel.locator('figure[data-series="loss"] canvas');
    await chart.waitFor();
    const image = async () =>
      sharp(await chart.screenshot())
        .removeAlpha()
        .raw()
        .toBuffer();
    const before = await image();
    await expect.poll(async () => difference(before, await image())).toBeGreaterThan(0);
    await bench.screenshot('loss-curve-dark');
    const background = () =>
      panel.locator('body').evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor);
    const dark = await background();
    await bench.runCommand('Preferences: Toggle between Light/Dark Themes');
    await expect.poll(background).not.toBe(dark);
    await bench.screenshot('loss-curve-light');
    expect(await accessibilityProblems(panel)).toEqual([]);
  });

  step('stops it, and it is saved', async () => {
    const pid = record().process?.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await bench.chooseFromMenu(bench.row(/loss/), 'Stop Run');
    await bench.row('stopped').waitFor();
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(record().status).toBe('stopped');
    await bench.row('latest').waitFor();
  });

  step('sees what the teacher attends to', async () => {
    // A message over the image would be compared, too.
    await bench.runCommand('Notifications: Clear All Notifications');
    await bench.showContainer('Explorer');
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
    const panel = bench.webview();
    await panel.locator('canvas.large').waitFor();
    await expect.poll(() => panel.locator('.tile').count()).toBe(4);

    await openDisplay(panel);
    const opacity = panel.getByLabel('Opacity');
    await opacity.press('Home');
    const image = await seen(panel);
    await opacity.press('End');
    const heat = await seen(panel);
    expect(difference(image, heat)).toBeGreaterThan(10);
    await opacity.press('Home');
    expect(difference(image, await seen(panel))).toBe(0);

    await opacity.press('End');
    await panel.locator('.tile[data-head="1"]').click();
    expect(difference(heat, await seen(panel))).toBeGreaterThan(1);
    await bench.screenshot('attention');

    await panel.getByLabel('Overlay').click();
    await panel.locator('vscode-option', { hasText: 'Most attended patches' }).click();
    // The list lay over the image, which shows the attention of what is under the pointer.
    await panel.locator('h1').hover();
    await seen(panel);
    await bench.screenshot('attention-mask');
    // Without an outline, which is drawn only when somebody asks for it, what is compared is the image under the mask alone.
    const mask = await seen(panel);
    await opacity.press('Home');
    const uncovered = await seen(panel);
    expect(difference(uncovered, mask)).toBeGreaterThan(1);
    await opacity.press('End');
    await panel.getByLabel('Attention kept').press('End');
    expect(difference(uncovered, await seen(panel)), 'all patches together have all of the attention').toBe(0);
  });

  step('resumes it', async () => {
    await bench.showContainer('DINO Lab');
    await bench.chooseFromMenu(bench.row('stopped'), 'Resume Run');
    await bench.row(/ % · .+ left/).waitFor();
  });

  step('cannot delete it while it runs, and deletes it afterwards', async () => {
    await bench.row(/ % · .+ left/).click({ button: 'right' });
    const items = bench.page.locator('.monaco-menu .action-menu-item');
    await items.filter({ hasText: 'Copy Path' }).waitFor();
    expect(await items.filter({ hasText: 'Delete' }).count()).toBe(0);
    await bench.page.keyboard.press('Escape');
    await items.first().waitFor({ state: 'hidden' });

    await bench.runCommand('DINO: Stop Run');
    await bench.row('stopped').waitFor();
    const dir = runFolder();
    await bench.chooseFromMenu(bench.row('stopped'), 'Delete Run');
    await bench.pressInDialog('Delete');
    await expect.poll(() => existsSync(dir)).toBe(false);
    await bench.page.getByRole('button', { name: 'Start Training' }).first().waitFor();
  });

  step('starts a training from the explorer, closes the window, and the training ends with it', async () => {
    await bench.showContainer('Explorer');
    await bench.chooseFromMenu(bench.file('images'), 'Start Training');
    await bench.pickByTyping('From Config File');
    await bench.pick('quick.dino.json');
    await bench.row(/ % · .+ left/).waitFor();
    const pid = record().process?.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await bench.close();
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(record().status, 'it had the time to save').toBe('stopped');
  });
});
