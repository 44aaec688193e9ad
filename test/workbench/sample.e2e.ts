/** A person without images looks at the sample run from the empty view. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { stepsIn } from './person.js';
import { openWorkbench, type Workbench } from './workbench.js';

let folder: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-sample-'));
  writeFileSync(path.join(folder, 'README.md'), 'No images.\n');
  bench = await openWorkbench(folder);
});

afterAll(async () => {
  await bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('A person without images', () => {
  const step = stepsIn(() => bench);
  const tab = (label: string) => bench.page.locator('.tabs-container .tab').filter({ hasText: label });
  const page = (at: number) =>
    bench.page.frameLocator(`iframe.webview.ready >> nth=${at}`).frameLocator('iframe#active-frame');

  step('opens the sample from the empty view', async () => {
    await bench.showContainer('DINO Lab');
    await bench.page.getByRole('button', { name: 'Open Sample' }).click();
    await bench.row('sample: photographs').waitFor();
  });

  step('sees its curves, and what its network attends to', async () => {
    await tab('Loss: sample: photographs').waitFor();
    await page(0).locator('figure[data-series="loss"] .readings li').first().waitFor();
    await page(0).locator('figure[data-series="knn_top1"] .readings li').first().waitFor();
    await tab('Attention: nagasaki-boats.jpg').waitFor();
    await page(1).locator('canvas.large').waitFor();
    await page(1)
      .locator('.note', { hasText: /step [1-9]\d* \(teacher\)/ })
      .waitFor();
    await bench.screenshot('sample');
  });

  step('sees the embedding of the tiles', async () => {
    await bench.runCommand('View: Close All Editors');
    await bench.chooseFromMenu(bench.row('sample: photographs'), 'Show Embedding');
    const panel = bench.webview();
    await panel.locator('.legend').waitFor();
    await panel.locator('.work').waitFor({ state: 'hidden' });
    expect(await panel.locator('.note').textContent()).toContain('192 images.');
    await bench.screenshot('sample-embedding');
  });
});
