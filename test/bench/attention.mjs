// npm run bench:attention: how long a warm answer takes, and how long the page works for a move of the pointer, of attention and of patch
// features.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { photographFile, photographs } from '../../scripts/samples.mjs';
import { root } from '../../scripts/setup.mjs';
import { browserOptions } from '../workbench/browser.mjs';
import { openAttentionPage } from './attentionPage.mjs';
import { processorHere } from './machine.mjs';
import { table, writeSection } from './report.mjs';
import { startWorker } from './worker.mjs';

const folder = path.join(root, '.cache', 'bench-attention');

/** Of networks of this size. */
function checkpoint(/** @type {string} */ preset, /** @type {number} */ patch, /** @type {string} */ copy = '') {
  const file = path.join(folder, `${preset}-${patch}${copy}.safetensors`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const made = path.join(root, 'dist', 'test', 'bench', 'makeCheckpoint.cjs');
  const args = [made, '--preset', preset, '--patch', String(patch), '--out', file];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) throw new Error(`${file} was not made.`);
  return file;
}

const rows = [
  { name: 'ViT-S/14 at 224', preset: 'small', patch: 14, resolution: 224 },
  { name: 'ViT-S/16 at 224', preset: 'small', patch: 16, resolution: 224 },
  { name: 'ViT-S/16 at 480', preset: 'small', patch: 16, resolution: 480 },
  { name: 'ViT-S/8 at 480', preset: 'small', patch: 8, resolution: 480 },
];
const MOVES = 200;
/** As the panel asks for it. */
const SHOWN_SIDE = 1024;

const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const ms = (/** @type {number} */ value) => `${value < 20 ? value.toFixed(1) : Math.round(value)} ms`;

/**
 * Of patch features, by a process that has seen none of the images: each is read, looked at and colored.
 * @param {string} file
 * @param {number} resolution
 * @param {(index: number) => object} image
 */
async function patchTimes(file, resolution, image) {
  const worker = await startWorker();
  const timed = async (/** @type {number[]} */ ...indices) => {
    const images = indices.map((index) => ({ image: image(index) }));
    const started = performance.now();
    await worker.ask('patches', { checkpoint: file, resolution, numHeads: 6, shownSide: SHOWN_SIDE, images });
    return performance.now() - started;
  };
  await timed(0);
  const ones = [await timed(1), await timed(2), await timed(3)];
  const two = await timed(4, 5);
  await worker.ask('attention', { checkpoint: file, resolution, numHeads: 6, image: image(6), shownSide: SHOWN_SIDE });
  const afterAttention = await timed(6);
  worker.stop();
  return { one: median(ones), two, afterAttention };
}

const worker = await startWorker();
const browser = await chromium.launch(await browserOptions());

const HEADINGS = [
  'network',
  'first answer',
  'warm answer, another image',
  'another checkpoint',
  'another block',
  'page: a move of the pointer, median (slowest)',
  'patch features: warm answer, another image',
  'of two images',
  'after their attention',
  'page: a move of the pointer, two images, median (slowest)',
];
/** @type {string[][]} */
const measured = [];
for (const { name, preset, patch, resolution } of rows) {
  const [file, other] = [checkpoint(preset, patch), checkpoint(preset, patch, '-other')];
  const ask = (/** @type {object} */ question) =>
    worker.ask('attention', { checkpoint: file, resolution, numHeads: 6, ...question });
  const image = (/** @type {number} */ index) => ({
    kind: 'file',
    path: photographFile(photographs[index % photographs.length] ?? ''),
  });
  const timed = async (/** @type {object} */ question) => {
    const started = performance.now();
    await ask(question);
    return performance.now() - started;
  };
  const first = await timed({ image: image(0) });
  // None of them twice: the last answers are kept, and would be had at once.
  const warm = [];
  for (let index = 1; index <= 4; index++) warm.push(await timed({ image: image(index) }));
  await ask({ image: image(5), checkpoint: other });
  const swapped = [
    await timed({ image: image(6) }),
    await timed({ image: image(6), checkpoint: other }),
    await timed({ image: image(7) }),
  ];
  const block = await timed({ image: image(7), block: 3 });
  const features = await patchTimes(file, resolution, image);

  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const source = { id: file, label: name, isFile: true, isLive: false, checkpoints: [{ id: file }] };
  await openAttentionPage(page, {
    name: 'image.jpg',
    sources: [source],
    answer: (question) => /** @type {Promise<any>} */ (ask({ ...question, resolution, image: image(1) })),
    patches: ({ isBeside, ...question }) =>
      worker.ask('patches', {
        ...question,
        resolution,
        numHeads: 6,
        shownSide: SHOWN_SIDE,
        images: [1, 2].slice(0, isBeside ? 2 : 1).map((index) => ({ image: image(index) })),
      }),
  });
  const moves = /** @type {number[]} */ (await page.evaluate(`pointerMoves(${MOVES})`));
  await page.evaluate('showPatchesOfTwo()');
  await page.locator('.room:not([hidden]) canvas.second').waitFor();
  const patchMoves = /** @type {number[]} */ (await page.evaluate(`pointerMoves(${MOVES})`));
  await page.close();
  const cells = [
    name,
    ms(first),
    ms(median(warm)),
    ms(median(swapped)),
    ms(block),
    `${ms(median(moves))} (${ms(Math.max(...moves))})`,
    ms(features.one),
    ms(features.two),
    ms(features.afterAttention),
    `${ms(median(patchMoves))} (${ms(Math.max(...patchMoves))})`,
  ];
  measured.push(cells);
  console.log(cells.join('; '));
}
const machine = `${await processorHere()}, ${new Date().toISOString().slice(0, 10)}; the page in Chromium ${browser.version()}, drawn in software.`;
writeSection('attention', `${table(HEADINGS, measured)}\n\n${machine}\n`);
await browser.close();
worker.stop();
