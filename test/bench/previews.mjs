// npm run bench:previews: how long the crops of an image take to follow a slider, from its move to the last pixel.
import { chromium } from 'playwright-core';
import { photographFile, photographs } from '../../scripts/samples.mjs';
import { browserOptions } from '../workbench/browser.mjs';
import { processorHere } from './machine.mjs';
import { encoded, openPanelPage } from './panelPage.mjs';
import { table, writeSection } from './report.mjs';
import { startWorker } from './worker.mjs';

const MOVES = 100;
/** The original's crops, and what a large network on many of them would take. */
const CASES = [
  { name: '2 x 224 + 8 x 96', image_size: 224, local_crops_number: 8, local_size: 96 },
  { name: '2 x 480 + 10 x 224', image_size: 480, local_crops_number: 10, local_size: 224 },
];
/** @typedef {import('../../src/protocol/previews.js').CropSettings} CropSettings */
/** @typedef {import('../../src/protocol/previews.js').Subject} Subject */

/** @type {Omit<CropSettings, keyof (typeof CASES)[number]>} */
const SETTINGS = {
  global_crops_scale: [0.4, 1],
  local_crops_scale: [0.05, 0.4],
  blur_radius: [0.1, 2],
  jitter_strength: 1,
  solarize_probability: 0.2,
  mask_sample_probability: 0,
  mask_ratio_min_max: [0.1, 0.5],
};

const specOf = (/** @type {CropSettings} */ settings) => ({
  globalCropsScale: settings.global_crops_scale,
  localCropsScale: settings.local_crops_scale,
  localCropsNumber: settings.local_crops_number,
  blurRadius: settings.blur_radius,
  jitterStrength: settings.jitter_strength,
  solarizeProbability: settings.solarize_probability,
  imageSize: settings.image_size,
  localSize: settings.local_size,
  channels: 3,
});
const sorted = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b);
const ms = (/** @type {number | undefined} */ value) => `${value?.toFixed(0)} ms`;

const worker = await startWorker();
const browser = await chromium.launch(await browserOptions());
const image = { kind: 'file', path: photographFile(photographs[0] ?? '') };
const measured = [];
for (const { name, ...sizes } of CASES) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  /** @type {Subject} */
  const subject = {
    shown: { kind: 'image', path: image.path },
    title: 'image.jpg',
    sources: [{ id: 'file', label: 'file' }],
    source: 'file',
    settings: { ...SETTINGS, ...sizes },
    sizeStep: 16,
    masks: 'none',
    images: [{ index: 0, name: 'image.jpg' }],
  };
  await page.exposeFunction('tellSubject', () => subject);
  await page.exposeFunction('answerImage', async () => {
    const { shown } = await worker.ask('image', { image, channels: 3 });
    return { ...shown, pixels: encoded(shown.pixels) };
  });
  await page.exposeFunction('answerCrops', async (/** @type {{ settings: CropSettings, epoch: number }} */ asked) => {
    const question = { image, augmentation: specOf(asked.settings), seed: 0, epoch: asked.epoch };
    const { pixels, ...rest } = await worker.ask('crops', question);
    return { ...rest, pixels: encoded(pixels) };
  });
  await openPanelPage(page, { panel: 'previews' });
  await page.locator('.tile canvas').first().waitFor();
  const took = sorted(/** @type {number[]} */ (await page.evaluate(`slides(${MOVES})`)));
  await page.close();
  measured.push([name, ms(took[MOVES >> 1]), ms(took.at(-1))]);
  console.log(measured.at(-1)?.join('; '));
}
const machine = `${await processorHere()}, ${new Date().toISOString().slice(0, 10)}; the page in Chromium ${browser.version()}, drawn in software.`;
writeSection('previews', `${table(['crops', 'median', 'slowest'], measured)}\n\n${machine}\n`);
await browser.close();
worker.stop();
