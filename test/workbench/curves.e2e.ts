/** A person compares runs, one of them under way, by the mouse and the keyboard. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { type MetricsWriter, openMetricsWriter } from '../../src/runs/metricsFile.js';
import { createRun, type HeldRun, holdRun, metricsFile } from '../../src/runs/run.js';
import { changeNotes } from '../../src/runs/runNotes.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { accessibilityProblems } from './accessibility.js';
import { expectStrictPolicy, putImages, SMALL_NETWORK, setArguments, stepsIn } from './person.js';
import { openWorkbench, WINDOW, type Workbench } from './workbench.js';

/** What the window has beside and above a panel, in pixels. */
const SIDE_BAR = 354;
const BARS = 102;

let folder: string;
let bench: Workbench;
let held: HeldRun;
let growing: MetricsWriter;

/** A run as training leaves it behind, with steps that fall towards `floor`. */
async function makeRun(name: string, steps: number, floor: number, set: Readonly<Record<string, unknown>>) {
  const { settings } = resolveSettings({ set: { embed_dim: 96, num_heads: 3, out_dim: 1024, epochs: 100, ...set } });
  const totals = { steps, totalSteps: steps, stepsPerEpoch: Math.ceil(steps / 100), seconds: 60 };
  const { dir } = await createRun({
    root: path.join(folder, 'runs'),
    name,
    settings,
    dataset: { path: '/images', fingerprint: 'f', images: 6400 },
    totals,
  });
  const writer = openMetricsWriter(metricsFile(dir));
  for (let step = 1; step <= steps; step++) writer.append(line(step, steps, floor));
  writer.flush();
  return { dir, writer };
}

async function trainRun(name: string, steps: number, lr: number): Promise<void> {
  const [data, out] = [path.join(folder, 'images'), path.join(folder, 'runs', name)];
  await ask(['train', data, '--out', out, '--max-steps', `${steps}`, ...setArguments({ ...SMALL_NETWORK, lr })]);
  changeNotes(out, { name });
}

const began = Date.now() - 3_600_000;
const line = (step: number, steps: number, floor: number) => {
  const share = step / steps;
  const noise = 0.15 * Math.sin(step * 12.9898) * Math.sin(step * 0.37);
  const teacherEntropy = floor + 2 * Math.exp(-6 * share) + noise;
  const kl = 0.6 + Math.exp(-4 * share) + noise / 2;
  return {
    step,
    epoch: Math.floor(100 * share),
    loss: teacherEntropy + kl,
    lr: 5e-4 * Math.min(10 * share, 0.5 * (1 + Math.cos(Math.PI * share))) + 1e-6,
    weight_decay: 0.04,
    teacher_momentum: 1 - 0.004 * (1 - share),
    teacher_temp: 0.04,
    teacher_entropy: teacherEntropy,
    kl,
    grad_norm: 3 + noise,
    feature_std: 0.05 + 0.02 * share,
    images_per_s: 640 + 100 * noise,
    data_wait_ms: 0,
    time: began + 100 * step,
  };
};

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-curves-'));
  putImages(folder, 32, 1000);
  await trainRun('quick', 4, 0.01);
  await trainRun('slow', 2, 0.0001);
  const { writer } = await makeRun('long', 100_000, 2.2, { lr: 0.0005 });
  writer.close();
  const second = await makeRun('under way', 400, 3.1, { lr: 0.001, teacher_temp: 0.05 });
  growing = second.writer;
  held = await holdRun(second.dir);
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  growing?.close();
  await held?.end('stopped');
  rmSync(folder, { recursive: true, force: true });
});

describe('A person', () => {
  const step = stepsIn(() => bench);
  const readings = (series: string) => bench.webview().locator(`figure[data-series="${series}"] .readings`);

  const drawer = (name: string) => bench.webview().locator('summary', { hasText: name });
  const chip = (name: string | RegExp) => bench.webview().locator('.bar').getByRole('button', { name }).first();

  const tab = (label: string) => bench.page.locator('.tabs-container .tab').filter({ hasText: label });
  const isInTree = async () => (await bench.page.locator('.tree-explorer-viewlet-tree-view:focus-within').count()) > 0;

  step('clicks a run and sees its curve, and stays in the tree', async () => {
    await bench.showContainer('DINO Lab');
    await bench.row('long').click();
    await tab('Loss: long').waitFor();
    await bench.webview().locator('h1', { hasText: 'long' }).waitFor();
    await readings('loss').locator('li').first().waitFor();
    expect(await isInTree()).toBe(true);
    await bench.screenshot('preview-dark');
  });

  step('goes on to the next run with the keyboard, in the same panel, and keeps it by a second Enter', async () => {
    const before = await readings('loss').textContent();
    await bench.page.keyboard.press('ArrowDown');
    await bench.page.keyboard.press('Enter');
    await tab('Loss: slow').waitFor();
    expect(await tab('Loss:').count()).toBe(1);
    await bench.webview().locator('h1', { hasText: 'slow' }).waitFor();
    await expect.poll(() => readings('loss').textContent()).not.toBe(before);
    expect(await isInTree()).toBe(true);
    await bench.page.keyboard.press('Enter');
    await bench.row('long').click();
    await tab('Loss: long').waitFor();
    expect(await tab('Loss: slow').count()).toBe(1);
    await bench.runCommand('View: Close All Editors');
    await tab('Loss:').first().waitFor({ state: 'detached' });
  });

  step('looks into a checkpoint from its time line', async () => {
    await bench.row('quick').click();
    await tab('Loss: quick').waitFor();
    const checkpoints = bench.webview().getByRole('slider', { name: 'Checkpoints' });
    await checkpoints.press('Home');
    expect(await checkpoints.getAttribute('aria-valuetext')).toBe('step 0, untrained');
    await expect.poll(() => bench.webview().locator('.place').textContent()).toBe('step 0');
    await checkpoints.press('Enter');
    await tab('Attention: images #1').waitFor();
    const attention = bench.webview();
    await attention.locator('.note', { hasText: 'step 0 (teacher)' }).waitFor();
    await bench.screenshot('curves-and-attention');
    await bench.runCommand('View: Close All Editors');
    await tab('Loss:').first().waitFor({ state: 'detached' });
  });

  step('selects two runs and compares them', async () => {
    await bench.row('long').click();
    await bench.row('under way').click({ modifiers: ['ControlOrMeta'] });
    await bench.chooseFromMenu(bench.row('under way'), 'Compare Selected');
    const panel = bench.webview();
    await panel.locator('h1', { hasText: '2 runs' }).waitFor();
    await readings('loss').locator('li').nth(1).waitFor();
    expect(await panel.locator('figure').count()).toBe(5);
    await drawer('Settings and results').click();
    const settings = panel.locator('table', { hasText: 'Settings' });
    expect(await settings.locator('tbody th').allTextContents()).toEqual(['teacher_temp', 'lr']);
    expect(await accessibilityProblems(panel)).toEqual([]);
    await expectStrictPolicy(panel);
    await panel.locator('vscode-checkbox', { hasText: 'Only settings that differ' }).click();
    await expect.poll(() => settings.locator('tbody tr').count()).toBeGreaterThan(30);
    await panel.locator('vscode-checkbox', { hasText: 'Only settings that differ' }).click();
    await drawer('Settings and results').click();
    await bench.screenshot('compare-dark');
    // All charts and what is below them fit into the window.
    const isHigher = () => panel.locator('html').evaluate((html) => html.scrollHeight > html.clientHeight);
    await bench.page.setViewportSize({ width: 800 + SIDE_BAR, height: 600 + BARS });
    await expect.poll(isHigher).toBe(false);
    await bench.page.setViewportSize(WINDOW);
  });

  step('sees a run that is under way grow', async () => {
    const before = await readings('loss').textContent();
    for (let at = 401; at <= 800; at++) growing.append(line(at, 400, 1.5));
    await expect.poll(() => readings('loss').textContent()).not.toBe(before);
  });

  step('reads all runs at a place, with the mouse and with the keyboard', async () => {
    const panel = bench.webview();
    const place = () => expect.poll(() => panel.locator('.place').textContent());
    const newest = await readings('kl').textContent();
    await panel.locator('figure[data-series="loss"] canvas').hover({ position: { x: 60, y: 60 } });
    await place().toMatch(/^step \d+/);
    expect(await readings('kl').textContent(), 'the line goes through all charts').not.toBe(newest);
    await panel.locator('h1').hover();
    await place().toBe('');
    await chip('View').click();
    const slider = panel.getByRole('slider', { name: 'Read at' });
    await slider.press('Home');
    await place().toBe('step 1');
    await slider.press('End');
    await panel.getByLabel('X axis').selectOption('epoch');
    await slider.press('ArrowLeft');
    await place().toMatch(/^epoch [\d.]+/);
    await slider.press('End');
    await bench.page.keyboard.press('Escape');
    await slider.waitFor({ state: 'hidden' });
  });

  step('sees what all runs have at the pointer, beside it', async () => {
    const figure = bench.webview().locator('figure[data-series="loss"]');
    await figure.locator('canvas').hover({ position: { x: 60, y: 60 } });
    const tooltip = figure.locator('.tooltip');
    await expect
      .poll(() => tooltip.textContent())
      .toMatch(/^epoch [\d.]+under way [\d.]+ \(smoothed [\d.]+\)long [\d.]+/);
    await bench.screenshot('compare-tooltip');
    await bench.webview().locator('h1').hover();
    await expect.poll(() => tooltip.isVisible()).toBe(false);
  });

  step('zooms into all charts by dragging and by keys, moves along, and shows all again', async () => {
    const panel = bench.webview();
    const canvas = panel.locator('figure[data-series="loss"] canvas');
    const whole = panel.getByRole('button', { name: 'Show All' });
    const isWhole = () => whole.isDisabled();
    const slider = panel.getByRole('slider', { name: 'Read at' });
    /** The first place that is shown, told by the slider. */
    const first = async () => {
      await chip('View').click();
      await slider.press('Home');
      const text = await slider.getAttribute('aria-valuetext');
      await bench.page.keyboard.press('Escape');
      await slider.waitFor({ state: 'hidden' });
      return Number(/[\d.]+/.exec(text ?? '')?.[0]);
    };
    expect(await isWhole()).toBe(true);
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('The chart is not seen.');
    await bench.page.mouse.move(box.x + box.width / 2, box.y + 40);
    await bench.page.mouse.down();
    await bench.page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 4 });
    await bench.page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
    await bench.page.mouse.up();
    await expect.poll(isWhole).toBe(false);
    await expect.poll(first).toBeGreaterThan(10);
    await bench.screenshot('compare-zoomed');
    const before = await first();
    await canvas.focus();
    await canvas.press('ArrowRight');
    await expect.poll(first).toBeGreaterThan(before);
    await canvas.press('0');
    await expect.poll(isWhole).toBe(true);
    await chip('View').click();
    await panel.getByRole('button', { name: 'Zoom In' }).click();
    await expect.poll(isWhole).toBe(false);
    await slider.press('End');
    await bench.page.keyboard.press('Escape');
    await whole.click();
    await expect.poll(isWhole).toBe(true);
  });

  step('sorts, filters and puts the columns of the table in order', async () => {
    const panel = bench.webview();
    await drawer('Table of runs').click();
    const table = panel.getByRole('table', { name: 'Runs' });
    const names = async () => (await table.locator('tbody th').allTextContents()).map((text) => text.trim());
    const heads = async () => (await table.locator('thead button').allTextContents()).map((text) => text.trim());
    await table.getByRole('button', { name: 'lr' }).click();
    await expect.poll(names).toEqual(['long', 'under way']);
    await table.getByRole('button', { name: 'lr' }).click();
    await expect.poll(names).toEqual(['under way', 'long']);
    await panel.getByRole('textbox', { name: 'Filter' }).fill('lr<0.001');
    await expect.poll(names).toEqual(['long']);
    await panel.getByRole('textbox', { name: 'Filter' }).fill('');
    const before = await heads();
    await table.getByRole('button', { name: 'lr' }).press('Alt+ArrowLeft');
    await expect.poll(async () => (await heads()).indexOf('lr ▼')).toBe(before.indexOf('lr ▼') - 1);
    await panel.getByText('Columns', { exact: true }).click();
    await panel.locator('.columns vscode-checkbox', { hasText: 'Gradient norm' }).click();
    await expect.poll(heads).toContain('Gradient norm');
    await bench.screenshot('compare-table');
  });

  step('takes a run and a curve away', async () => {
    const panel = bench.webview();
    await panel.locator('.runs vscode-checkbox', { hasText: 'long' }).click();
    await expect.poll(() => readings('loss').locator('li').count()).toBe(1);
    await panel.locator('.runs vscode-checkbox', { hasText: 'long' }).click();
    await chip(/of \d+ curves/).click();
    await bench.screenshot('compare-curves-menu');
    await panel.locator('.choice vscode-checkbox', { hasText: 'Speed' }).click();
    await expect.poll(() => panel.locator('figure[data-series="images_per_s"]').count()).toBe(0);
    await bench.page.keyboard.press('Escape');
    await chip('View').click();
    await panel.locator('vscode-checkbox', { hasText: 'Logarithmic' }).click();
    await bench.page.keyboard.press('Escape');
    await bench.screenshot('compare-logarithmic');
  });

  step('finds it as it was after a reload of the window, and follows the theme', async () => {
    await bench.runCommand('Developer: Reload Window');
    const panel = bench.webview();
    await panel.locator('h1', { hasText: '2 runs' }).waitFor();
    await expect.poll(() => readings('loss').locator('li').count()).toBe(2);
    expect(await panel.locator('figure[data-series="images_per_s"]').count()).toBe(0);
    await expect.poll(() => panel.locator('.runTable thead th', { hasText: 'Gradient norm' }).count()).toBe(1);
    await chip('View').click();
    await panel.locator('vscode-checkbox', { hasText: 'Logarithmic' }).click();
    await bench.page.keyboard.press('Escape');
    await bench.runCommand('Preferences: Toggle between Light/Dark Themes');
    await expect.poll(() => panel.locator('body').getAttribute('class')).toContain('vscode-light');
    await bench.screenshot('compare-light');
    expect(await accessibilityProblems(panel)).toEqual([]);
  });

  const saveAs = (file: string, proposal: RegExp) => bench.answerFileDialog(proposal, file, /^OK$/);

  step('saves the charts, and every step as a table', async () => {
    const panel = bench.webview();
    await chip('Save').click();
    await panel.getByRole('button', { name: 'Save as CSV' }).click();
    const file = path.join(folder, 'all.csv');
    await saveAs(file, /metrics\.csv$/);
    await expect
      .poll(() => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length : 0))
      .toBeGreaterThan(100_800);
    expect(readFileSync(file, 'utf8')).toMatch(/^run,step,epoch,loss,/);
    await chip('Save').click();
    await panel.getByRole('button', { name: 'Save as PNG' }).click();
    const image = path.join(folder, 'all.png');
    await saveAs(image, /curves\.png$/);
    await expect.poll(() => existsSync(image) && readFileSync(image).subarray(1, 4).toString()).toBe('PNG');
  });

  step('saves the charts as lines and words, and the table of runs', async () => {
    const panel = bench.webview();
    await chip('Save').click();
    await panel.getByRole('button', { name: 'Save as SVG' }).click();
    const image = path.join(folder, 'all.svg');
    await saveAs(image, /curves\.svg$/);
    await expect.poll(() => existsSync(image)).toBe(true);
    const { width = 0, height = 0 } = await sharp(image).metadata();
    expect([width > 600, height > 300]).toEqual([true, true]);
    expect(readFileSync(image, 'utf8').includes('Teacher entropy (nats)</text>')).toBe(true);
    await sharp(image)
      .png()
      .toFile(path.join(import.meta.dirname, 'shots', 'compare-svg.png'));
    await chip('Save').click();
    await panel.getByRole('button', { name: 'Save Table as CSV' }).click();
    const file = path.join(folder, 'runs.csv');
    await saveAs(file, /runs\.csv$/);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8').split('\n').length).toBe(4);
  });

  step('sees the attention of both on the same images, at any step', async () => {
    await bench.row('quick').click();
    await bench.row('slow').click({ modifiers: ['ControlOrMeta'] });
    await bench.chooseFromMenu(bench.row('slow'), 'Compare Selected');
    const panel = bench.webview();
    await panel.locator('.runs', { hasText: 'quick' }).waitFor();
    const cells = panel.locator('.strip td[data-image] canvas');
    await expect.poll(() => cells.count()).toBe(6);
    const labels = () => cells.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    await expect.poll(labels).toContain('Attention of quick, step 4, mean of all heads');
    await expect.poll(labels).toContain('Attention of slow, step 2, mean of all heads');
    // They come first: nobody scrolls to see them, nor to go through the training.
    const lowest = () =>
      panel.getByRole('slider', { name: 'Step' }).evaluate((slider) => slider.getBoundingClientRect().bottom);
    const height = () => panel.locator('html').evaluate((html) => html.clientHeight);
    for (const window of [{ width: 800 + SIDE_BAR, height: 600 + BARS }, WINDOW]) {
      await bench.page.setViewportSize(window);
      await expect.poll(async () => (await lowest()) <= (await height())).toBe(true);
    }
    expect(await panel.locator('html').evaluate((html) => html.scrollTop)).toBe(0);
    await bench.screenshot('compare-attention-light');
    await panel.getByRole('slider', { name: 'Step' }).press('Home');
    await expect.poll(labels).toContain('Attention of slow, step 0, mean of all heads');
    await expect.poll(labels).toContain('Attention of quick, step 0, mean of all heads');
    await panel.getByLabel('Exact step').fill('3');
    await panel.getByLabel('Exact step').press('Enter');
    await expect.poll(labels).toContain('Attention of slow, step 2, mean of all heads');
    await panel.getByLabel('Head', { exact: true }).click();
    await panel.locator('vscode-option', { hasText: 'Head 2' }).click();
    await expect.poll(labels).toContain('Attention of slow, step 2, head 2');
    await panel.locator('vscode-checkbox', { hasText: 'Embedding of the data' }).click();
    const embeddings = panel.locator('.strip canvas.embedding');
    await expect.poll(() => embeddings.count()).toBe(2);
    await expect
      .poll(() => embeddings.first().getAttribute('aria-label'))
      .toMatch(/^Embedding by \w+, step \d: 32 images$/);
    await embeddings.first().scrollIntoViewIfNeeded();
    await bench.screenshot('compare-embedding');
    await panel
      .getByRole('button', { name: /^Remove/ })
      .first()
      .click();
    await expect.poll(() => cells.count()).toBe(4);
    expect(await accessibilityProblems(panel)).toEqual([]);
  });

  step('is told in place when an image or a checkpoint is gone', async () => {
    const panel = bench.webview();
    rmSync(path.join(folder, 'images'), { recursive: true });
    // What is shown is asked for again after the panel was hidden.
    const tabs = bench.page.locator('.tab', { hasText: 'Compare: ' });
    await tabs.first().click();
    await panel.locator('.runs', { hasText: 'long' }).waitFor();
    await tabs.last().click();
    await expect.poll(() => panel.locator('.strip .trouble').count()).toBeGreaterThan(0);
    expect(await panel.locator('.strip .trouble').first().textContent()).toMatch(/^\S.*\.$/);
    rmSync(path.join(folder, 'runs', 'slow', 'checkpoints'), { recursive: true });
    await panel.locator('.strip th', { hasText: 'no checkpoint' }).waitFor();
    await bench.screenshot('compare-attention-gone');
  });

  step('stars, renames and archives runs in the tree', async () => {
    await bench.chooseFromMenu(bench.row('long'), 'Star Run');
    await bench.row('★ long').waitFor();
    // All that are selected would be put away.
    await bench.row('slow').click();
    await tab('Loss: slow').waitFor();
    await bench.runCommand('View: Close Editor');
    await tab('Loss: slow').waitFor({ state: 'detached' });
    await bench.chooseFromMenu(bench.row('slow'), 'Archive Run');
    await bench.row('Archived').waitFor();
    await expect.poll(() => bench.row('slow').count()).toBe(0);
    await bench.chooseFromMenu(bench.row('quick'), 'Rename Run…');
    await bench.answer('quicker');
    await bench.row('quicker').waitFor();
    await bench.webview().locator('.runs', { hasText: 'quicker' }).waitFor();
    await bench.row('Archived').click();
    await bench.row('slow').waitFor();
    await bench.screenshot('runs-noted');
  });

  step('can read it in high contrast, zoomed to 200 % in a narrow window', async () => {
    bench.useTheme('Default High Contrast');
    const panel = bench.webview();
    await expect.poll(() => panel.locator('body').getAttribute('class')).toContain('vscode-high-contrast');
    await bench.screenshot('compare-contrast');
    expect(await accessibilityProblems(panel)).toEqual([]);
    await bench.page.setViewportSize({ width: 640, height: 400 });
    const overflow = () => panel.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
    await expect.poll(overflow).toBe(0);
    await bench.screenshot('compare-narrow');
  });

  step('goes on with what is left when metrics are damaged and a run is deleted', async () => {
    await bench.page.setViewportSize({ width: 1280, height: 800 });
    const panel = bench.webview();
    const quick = path.join(folder, 'runs', 'quick');
    appendFileSync(metricsFile(quick), '{"step": 5, "loss":\n\u0000\n');
    rmSync(path.join(folder, 'runs', 'slow'), { recursive: true });
    await panel.locator('h1', { hasText: 'quicker' }).waitFor();
    await expect.poll(() => readings('loss').textContent()).toMatch(/^\d\.\d{3}$/);
    rmSync(quick, { recursive: true });
    await expect.poll(() => bench.page.locator('.tab', { hasText: 'Compare: ' }).count()).toBe(1);
  });
});
