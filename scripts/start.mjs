// npm start: from a fresh clone to a training run that you watch in VS Code. npm start -- --headless: in the terminal alone.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../test/workbench/server.mjs';
import { openInCode, showInBrowser } from './desktop.mjs';
import { ask, train } from './dino.mjs';
import { packageExtension } from './packageExtension.mjs';
import { build, install, root } from './setup.mjs';

/** What the product chooses by itself is what is shown, with k-NN ten times on the way: one sees it learn. */
const optionsFor = (/** @type {Samples} */ { test }) => {
  const set = { knn_freq: 25, knn_test: test };
  return ['--name', 'sample images', ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`])];
};
const headless = process.argv.includes('--headless');

/** What Ctrl+C ends. @type {(() => Promise<void>)[]} */
const started = [];
let isEnding = false;
async function end(/** @type {number} */ exitCode) {
  if (isEnding) return;
  isEnding = true;
  await Promise.allSettled(started.map((stop) => stop()));
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(130));

/** @typedef {Awaited<ReturnType<typeof import('./tourSamples.mjs').makeTourSamples>>} Samples */

/** Whoever has opened no page by then sees the run from a later step: it does not wait for somebody who is away. */
const OPENED_WITHIN_MS = 30_000;

/**
 * Opens the folder in the desktop's VS Code, or else in a workbench of our own.
 * @returns {Promise<{ place: string, opened: Promise<void> }>} Where it is, and when it is seen.
 */
async function openWorkbench(/** @type {string} */ folder) {
  if (openInCode(folder, root))
    return { place: 'the window of VS Code that has just opened', opened: Promise.resolve() };
  const server = await startServer({ vsix: [await packageExtension()] });
  started.push(server.stop);
  const address = server.folderUrl(folder);
  showInBrowser(address);
  return { place: address, opened: server.opened };
}

async function trainInWorkbench(/** @type {Samples} */ samples, /** @type {string} */ run) {
  // First: what is installed and packaged for it takes most of a minute, and whoever looks sees the run from its first step.
  const { place, opened } = await openWorkbench(samples.folder);
  console.log(
    `\nDINO Lab is open in ${place}\nOnce it is open, the run “sample images” begins: you see its curves, and what it attends to. Ctrl+C here ends what was started here.\n`,
  );
  const waiting = new AbortController();
  await Promise.race([opened, delay(OPENED_WITHIN_MS, undefined, { signal: waiting.signal })]);
  waiting.abort();
  if (isEnding) return;
  const training = train([samples.train, '--out', run, ...optionsFor(samples)]);
  started.push(training.stop);
  const exitCode = await training.ended;
  if (isEnding) return;
  if (exitCode !== 0) return end(exitCode);
  console.log(`\nThe run has ended: ${run}\nDINO Lab is open in ${place}`);
}

/** A whole training, and what it brought: k-NN before and after, and an attention map. */
async function trainInTerminal(/** @type {Samples} */ samples, /** @type {string} */ run) {
  const training = train([samples.train, '--out', run, ...optionsFor(samples)]);
  started.push(training.stop);
  const exitCode = await training.ended;
  if (isEnding) return;
  if (exitCode !== 0) return end(exitCode);

  const checkpoints = path.join(run, 'checkpoints');
  const [untrained = ''] = (await readdir(checkpoints)).filter((name) => /^\d+$/.test(name)).sort();
  const neighbors = ['--train', samples.train, '--test', samples.test, '--k', '20'];
  const before = await ask(['eval', 'knn', '--checkpoint', path.join(checkpoints, untrained), ...neighbors]);
  const after = await ask(['eval', 'knn', '--checkpoint', run, ...neighbors]);
  const image = path.join(run, 'attention.png');
  await ask(['attention', samples.image, '--checkpoint', run, '--out', image]);

  const percent = (/** @type {any} */ { knn }) => `${knn[20].top1.toFixed(1)} %`;
  console.log(`
Classified right by k-NN (k 20), ${after.test} tiles of 8 photographs that it was not trained on:
  untrained, step ${before.step}: ${percent(before)}
  trained, step ${after.step}: ${percent(after)}
What it attends to: ${image}`);
  return end(0);
}

try {
  await install(root);
  await build();
  // Needs packages, which a fresh clone has only now.
  const { makeTourSamples } = await import('./tourSamples.mjs');
  const samples = await makeTourSamples();
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const run = path.join(samples.folder, 'runs', `sample-${time}`);
  await (headless ? trainInTerminal : trainInWorkbench)(samples, run);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await end(1);
}
