/** A person compares runs, one of them under way, by the mouse and the keyboard. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type MetricsWriter, openMetricsWriter } from '../../src/runs/metrics.js';
import { createRun, type HeldRun, holdRun, metricsFile } from '../../src/runs/run.js';
import { resolveSettings } from '../../src/runs/settings.js';
import { openWorkbench, type Workbench } from './workbench.js';

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
    dataset: { path: '/pictures', fingerprint: 'f', images: 6400 },
    totals,
  });
  const writer = openMetricsWriter(metricsFile(dir));
  for (let step = 1; step <= steps; step++) writer.append(line(step, steps, floor));
  writer.append({ step: steps, epoch: 99, knn_top1: 50 + 10 * floor, k: 20 });
  writer.flush();
  return { dir, writer };
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
  const step = (name: string, act: () => Promise<void>) =>
    it(name, async () => {
      onTestFailed(async () => {
        await bench.screenshot(`failed-${name.replaceAll(' ', '-')}`);
      });
      await act();
    });
  const readings = (series: string) => bench.webview().locator(`figure[data-series="${series}"] .readings`);

  step('selects two runs and compares them', async () => {
    await bench.showContainer('DINO Lab');
    await bench.row('long').click();
    await bench.row('under way').click({ modifiers: ['ControlOrMeta'] });
    await bench.chooseFromMenu(bench.row('under way'), 'Compare Selected');
    const panel = bench.webview();
    await panel.locator('h1', { hasText: '2 runs' }).waitFor();
    await readings('loss').locator('li').nth(1).waitFor();
    expect(await panel.locator('figure').count()).toBe(6);
    const settings = panel.locator('table', { hasText: 'Settings' });
    expect(await settings.locator('tbody th').allTextContents()).toEqual(['teacher_temp', 'lr']);
    await panel.locator('vscode-checkbox', { hasText: 'Only settings that differ' }).click();
    await expect.poll(() => settings.locator('tbody tr').count()).toBeGreaterThan(30);
    await panel.locator('vscode-checkbox', { hasText: 'Only settings that differ' }).click();
    await panel.locator('vscode-checkbox', { hasText: 'k-NN accuracy' }).click();
    await expect.poll(() => readings('knn_top1').textContent()).toContain('72.0');
    await bench.screenshot('compare-dark');
  });

  step('sees a run that is under way grow', async () => {
    const before = await readings('loss').textContent();
    for (let at = 401; at <= 800; at++) growing.append(line(at, 400, 1.5));
    await expect.poll(() => readings('loss').textContent()).not.toBe(before);
  });

  step('reads all runs at a place, with the mouse and with the keyboard', async () => {
    const panel = bench.webview();
    await panel.locator('figure[data-series="loss"] canvas').hover({ position: { x: 120, y: 100 } });
    await expect.poll(() => readings('kl').textContent()).toMatch(/^step \d+/);
    await panel.locator('h1').hover();
    await expect.poll(() => readings('kl').textContent()).not.toMatch(/^step/);
    const slider = panel.getByRole('slider', { name: 'Read at' });
    await slider.press('Home');
    await expect.poll(() => readings('kl').locator('.where').textContent()).toBe('step 1');
    await slider.press('End');
    await panel.getByLabel('X axis').click();
    await panel.locator('vscode-option', { hasText: 'Epoch' }).click();
    await slider.press('ArrowLeft');
    await expect.poll(() => readings('loss').textContent()).toMatch(/^epoch [\d.]+/);
    await slider.press('End');
  });

  step('takes a run and a curve away', async () => {
    const panel = bench.webview();
    await panel.locator('.runs vscode-checkbox', { hasText: 'long' }).click();
    await expect.poll(() => readings('loss').locator('li').count()).toBe(1);
    await panel.locator('.runs vscode-checkbox', { hasText: 'long' }).click();
    await panel.locator('.choice vscode-checkbox', { hasText: 'Speed' }).click();
    await expect.poll(() => panel.locator('figure[data-series="images_per_s"]').count()).toBe(0);
    await panel.locator('vscode-checkbox', { hasText: 'Logarithmic' }).click();
    await bench.screenshot('compare-logarithmic');
  });

  step('finds it as it was after a reload of the window, and follows the theme', async () => {
    await bench.runCommand('Developer: Reload Window');
    const panel = bench.webview();
    await panel.locator('h1', { hasText: '2 runs' }).waitFor();
    await expect.poll(() => readings('loss').locator('li').count()).toBe(2);
    expect(await panel.locator('figure[data-series="images_per_s"]').count()).toBe(0);
    await panel.locator('vscode-checkbox', { hasText: 'Logarithmic' }).click();
    await bench.runCommand('Preferences: Toggle between Light/Dark Themes');
    await expect.poll(() => panel.locator('body').getAttribute('class')).toContain('vscode-light');
    await bench.screenshot('compare-light');
  });

  /** The palette's old text stands in the input until the dialog has put in its proposal; before that it takes no answer. */
  async function saveAs(file: string, proposal: RegExp): Promise<void> {
    const dialog = bench.page.locator('.quick-input-widget');
    const input = dialog.locator('input.input');
    await expect.poll(() => input.inputValue()).toMatch(proposal);
    const closed = () =>
      dialog.waitFor({ state: 'hidden', timeout: 2000 }).then(
        () => true,
        () => false,
      );
    do {
      await input.fill(file);
      await dialog.getByRole('button', { name: 'OK' }).click();
    } while (!(await closed()));
  }

  step('saves the charts, and every step as a table', async () => {
    const panel = bench.webview();
    await panel.getByRole('button', { name: 'Save as CSV' }).click();
    const file = path.join(folder, 'all.csv');
    await saveAs(file, /metrics\.csv$/);
    await expect
      .poll(() => (existsSync(file) ? readFileSync(file, 'utf8').split('\r\n').length : 0))
      .toBeGreaterThan(100_800);
    expect(readFileSync(file, 'utf8')).toMatch(/^run,step,epoch,loss,/);
    await panel.getByRole('button', { name: 'Save as PNG' }).click();
    const picture = path.join(folder, 'all.png');
    await saveAs(picture, /curves\.png$/);
    await expect.poll(() => existsSync(picture) && readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
  });
});
