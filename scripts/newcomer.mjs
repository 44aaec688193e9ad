// npm run newcomer: clones this repository into an empty folder, runs `npm start` there with an empty cache of npm, and looks at the served
// VS Code as a newcomer would. Prints when each thing was on the screen, beside the time it may take.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import treeKill from 'tree-kill';
import { browserOptions } from '../test/workbench/browser.mjs';
import { root, run } from './setup.mjs';

const WINDOW = { width: 1280, height: 800 };
/** For what never comes. */
const GIVE_UP_MS = 20 * 60_000;
/** Points of k-NN accuracy that anyone believes. */
const GAIN = 10;

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ what: string, since: string, seconds: number, limit: number }} Seen */

/** The document of the webview in this place, from the left. */
const webview = (/** @type {Page} */ page, /** @type {number} */ at) =>
  page.frameLocator(`iframe.webview.ready >> nth=${at}`).frameLocator('iframe#active-frame');

/** Starts `npm start` in the clone. @returns {{ address: Promise<string>, stop: () => Promise<void> }} */
function start(/** @type {string} */ clone, /** @type {string} */ cache) {
  // Without a desktop: neither VS Code's window nor a browser of its own opens.
  const { DISPLAY, WAYLAND_DISPLAY, ...rest } = process.env;
  const env = { ...rest, npm_config_cache: cache, PATH: pathWithoutCode(rest['PATH'] ?? '') };
  const child = spawn('npm', ['start'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  /** @type {Promise<string>} */
  const address = new Promise((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code} before VS Code was there.`)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      said += text;
      const found = said.match(/DINO Lab is open in (http\S+)/)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) treeKill(child.pid, 'SIGTERM');
    await ended;
  };
  return { address, stop };
}

/** A desktop's VS Code would be opened instead of a served one. */
const pathWithoutCode = (/** @type {string} */ searchPath) =>
  searchPath
    .split(path.delimiter)
    .filter((folder) => !/VS ?Code|code-server/i.test(folder))
    .join(path.delimiter);

/** When the run began to train, by its own record. */
async function runStart(/** @type {string} */ clone) {
  const runs = path.join(clone, '.cache', 'samples', 'runs');
  let startedAt = Number.NaN;
  await until('run that trains', async () => {
    const [name = ''] = await readdir(runs).catch(() => []);
    try {
      startedAt = Date.parse(JSON.parse(await readFile(path.join(runs, name, 'run.json'), 'utf8')).startedAt);
    } catch {
      // It is not there yet, or half of it.
    }
    return !Number.isNaN(startedAt);
  });
  return startedAt;
}

/** What a text on the page says, as a number; undefined while it is not there. */
async function numberIn(/** @type {import('playwright-core').Locator} */ shown) {
  const text = (await shown.count()) > 0 ? ((await shown.first().textContent()) ?? '') : '';
  const number = text.match(/-?\d+(?:\.\d+)?/)?.[0];
  return number === undefined ? undefined : Number(number);
}

async function until(/** @type {string} */ what, /** @type {() => Promise<boolean>} */ isThere) {
  for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await delay(200)) if (await isThere()) return;
  throw new Error(`There was no ${what} within ${GIVE_UP_MS / 60_000} minutes.`);
}

/** @returns {Promise<Seen[]>} */
async function watch(/** @type {Page} */ page, /** @type {string} */ clone, /** @type {number} */ cloned) {
  /** @type {Seen[]} */
  const seen = [];
  const note = (
    /** @type {string} */ what,
    /** @type {string} */ since,
    /** @type {number} */ from,
    /** @type {number} */ limit,
  ) => {
    const one = { what, since, seconds: (Date.now() - from) / 1000, limit };
    seen.push(one);
    console.log(line(one));
  };
  await page.locator('.explorer-folders-view .monaco-list-row, .tree-explorer-viewlet-tree-view').first().waitFor();
  note('the workbench', 'git clone', cloned, 180);
  const began = await runStart(clone);
  const [curves, attention] = [webview(page, 0), webview(page, 1)];
  await curves.locator('figure[data-series="loss"] .readings li').first().waitFor();
  note('the first curve', 'the run started', began, 10);
  const looked = attention.locator('.note', { hasText: /step [1-9]/ });
  await attention.locator('canvas.large').waitFor();
  await looked.first().waitFor();
  note('attention of a trained checkpoint', 'the run started', began, 90);
  const accuracy = curves.locator('figure[data-series="knn_top1"] .readings li');
  /** @type {number | undefined} */
  let first;
  await until(`gain of ${GAIN} points`, async () => {
    const now = await numberIn(accuracy);
    first ??= now;
    return now !== undefined && first !== undefined && now >= first + GAIN;
  });
  note(`k-NN ${GAIN} points above its first value`, 'the run started', began, 180);
  return seen;
}

const line = (/** @type {Seen} */ { what, since, seconds, limit }) =>
  `${seconds <= limit ? 'in time' : 'LATE   '}  ${what}: ${seconds.toFixed(0)} s after ${since} (limit ${limit} s)`;

const folder = await mkdtemp(path.join(os.tmpdir(), 'dino-newcomer-'));
/** @type {(() => Promise<void>)[]} */
const started = [];
try {
  const [clone, cache] = [path.join(folder, 'dino-lab'), path.join(folder, 'npm')];
  await mkdir(cache);
  const options = await browserOptions();
  const cloned = Date.now();
  await run('git', ['clone', '--quiet', root, clone]);
  const running = start(clone, cache);
  started.push(running.stop);
  const address = await running.address;
  const browser = await chromium.launch(options);
  started.push(() => browser.close());
  const page = await browser.newPage({ viewport: WINDOW });
  page.setDefaultTimeout(GIVE_UP_MS);
  await page.goto(address);
  const seen = await watch(page, clone, cloned);
  console.log(`\n${seen.map(line).join('\n')}`);
  if (seen.some(({ seconds, limit }) => seconds > limit)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const stop of started.reverse()) await stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
