// npm run screenshot: the images of the READMEs and of the walkthrough, from the photographs and the run of the sample, in a workbench with
// the packaged extension: the way into a training, the sample run as DINO: Open Sample shows it, the map of the tiles that its network has
// not seen, the patch features of a photograph, the images that are like a tile, and the crops of a photograph.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { patience } from '../test/patience.mjs';
import { browserOptions } from '../test/workbench/browser.mjs';
import { startServer } from '../test/workbench/server.mjs';
import { packageExtension } from './packageExtension.mjs';
import { build, root } from './setup.mjs';

const WINDOW = { width: 1280, height: 800 };
/** Parts of the window. */
const VIEW = { left: 48, top: 36, width: 300, height: 500 };
const LIST = { left: 0, top: 0, width: 960, height: 400 };
const CURVES = { left: 48, top: 36, width: 766, height: 732 };
const ATTENTION = { left: 815, top: 36, width: 461, height: 732 };

/** All tiles that the network has not seen, in one folder, the cat's first; and one of them. */
const UNSORTED = 'unsorted';
const FIRST = 'locomotion-house-cat';
const QUERY = 'tile-005.jpg';

/** @typedef {import('playwright-core').Page} Page */

/** The document of the webview in this place, from the left. */
const webview = (/** @type {Page} */ page, /** @type {number} */ at) =>
  page.frameLocator(`iframe.webview.ready >> nth=${at}`).frameLocator('iframe#active-frame');

async function runCommand(/** @type {Page} */ page, /** @type {string} */ title) {
  const row = page
    .locator('.quick-input-widget .monaco-list-row')
    .filter({ has: page.getByText(title, { exact: true }) })
    .first();
  // A page that is still loading does not hear the key, and the palette lists the commands there are when it opens.
  for (const end = Date.now() + patience.state; ; ) {
    await page.keyboard.press('F1');
    try {
      await page.locator('.quick-input-widget input.input').fill(`>${title}`, { timeout: 5000 });
      return await row.click({ timeout: 5000 });
    } catch (error) {
      if (Date.now() > end) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

async function chooseFromMenu(/** @type {Page} */ page, /** @type {string} */ file, /** @type {string} */ title) {
  await fileRow(page, file).click({ button: 'right' });
  const item = page.locator('.monaco-menu .action-menu-item', { hasText: title });
  await item.waitFor();
  // A menu ignores the mouse for its first moments, lest the click that opened it chooses something.
  for (const end = Date.now() + patience.state; (await item.isVisible()) && Date.now() < end; ) {
    await item.click({ timeout: 5000 }).catch(() => undefined);
    await page.waitForTimeout(500);
  }
}

const fileRow = (/** @type {Page} */ page, /** @type {string} */ name) =>
  page.locator(`.explorer-folders-view .monaco-list-row[aria-label^=${JSON.stringify(name)}]`);

/** The view before the first run, and what it asks before a training. */
async function showTheWayIn(/** @type {Page} */ page) {
  await page.locator('.activitybar a.action-label[aria-label^="DINO Lab"]').click();
  await page.locator('.welcome-view').getByRole('button', { name: 'Start Training' }).waitFor();
  // Away from what tells its name in a box of its own.
  await page.mouse.move(WINDOW.width / 2, WINDOW.height / 2);
  await write('walkthrough/folder', await atRest(page), VIEW);
  await runCommand(page, 'DINO: Start Training');
  const rows = page.locator('.quick-input-widget .monaco-list-row');
  await rows.filter({ hasText: 'tiles' }).first().click();
  await rows
    .first()
    .filter({ hasText: /Start With These Settings.*free memory/ })
    .filter({ hasNotText: 'measuring' })
    .waitFor();
  await write('walkthrough/train', await atRest(page), LIST);
  await page.keyboard.press('Escape');
}

async function showSample(/** @type {Page} */ page) {
  await runCommand(page, 'DINO: Open Sample');
  await webview(page, 1).locator('canvas.large').waitFor();
  for (const at of [0, 1]) await webview(page, at).getByRole('button', { name: 'Got it' }).click();
  await webview(page, 0).locator('figure[data-series="loss"] canvas').waitFor();
  const sample = await atRest(page);
  await write('screenshot', sample);
  await write('walkthrough/curve', sample, CURVES);
  await write('walkthrough/attention', sample, ATTENTION);
}

/** Of the tiles that the network was not trained on. */
async function showEmbedding(/** @type {Page} */ page) {
  await runCommand(page, 'View: Close All Editors');
  await runCommand(page, 'View: Show Explorer');
  await fileRow(page, 'tiles').click();
  await chooseFromMenu(page, 'test', 'Show Embedding');
  const panel = webview(page, 0);
  await panel.locator('.legend').waitFor();
  await panel.locator('.work').waitFor({ state: 'hidden' });
  await write('embedding', await atRest(page));
}

/** What the network makes of the patches of a photograph. */
async function showPatches(/** @type {Page} */ page) {
  await runCommand(page, 'View: Close All Editors');
  await fileRow(page, 'photographs').last().click();
  await chooseFromMenu(page, 'airplane-from-above', 'Show Attention');
  const panel = webview(page, 0);
  await panel.locator('canvas.large').waitFor();
  const looks = panel.locator('vscode-dropdown[aria-label="Look"]');
  await looks.click();
  await looks.locator('vscode-option', { hasText: 'Patch features' }).click();
  await write('patches', await atRest(page));
}

/** Of a tile, among all that the network has not seen. */
async function showSimilar(/** @type {Page} */ page) {
  await runCommand(page, 'View: Close All Editors');
  await fileRow(page, 'photographs').last().click();
  await fileRow(page, UNSORTED).click();
  await chooseFromMenu(page, QUERY, 'Find Similar Images');
  const panel = webview(page, 0);
  await panel.getByRole('option').first().waitFor();
  await write('similar', await atRest(page));
  await fileRow(page, UNSORTED).click();
  await fileRow(page, 'photographs').last().click();
}

async function showCrops(/** @type {Page} */ page) {
  await runCommand(page, 'View: Close All Editors');
  await chooseFromMenu(page, 'nagasaki-boats', 'Preview Crops');
  const panel = webview(page, 0);
  await panel.locator('.box').first().waitFor();
  await panel.getByRole('button', { name: 'Settings', exact: true }).click();
  await write('crops', await atRest(page));
}

/** What is shown has come to rest when two looks at it are equal. */
async function atRest(/** @type {Page} */ page) {
  let last = await page.screenshot();
  for (const end = Date.now() + patience.state; Date.now() < end; ) {
    await page.waitForTimeout(2000);
    const now = await page.screenshot();
    if (now.equals(last)) return now;
    last = now;
  }
  return last;
}

/** @param {import('sharp').Region} [part] absent: all of it */
async function write(/** @type {string} */ name, /** @type {Buffer} */ shot, part) {
  const file = path.join(root, 'media', `${name}.png`);
  const shown = part === undefined ? sharp(shot) : sharp(shot).extract(part);
  // Few colors are enough for what is mostly gray.
  await shown.png({ palette: true, compressionLevel: 9 }).toFile(file);
  console.log(file);
}

async function layOutUnsorted(/** @type {string} */ tiles, /** @type {string} */ folder) {
  const others = (await readdir(tiles)).filter((label) => label !== FIRST).sort();
  let count = 0;
  for (const label of [FIRST, ...others]) {
    for (const name of (await readdir(path.join(tiles, label))).sort()) {
      const number = `${++count}`.padStart(3, '0');
      await cp(path.join(tiles, label, name), path.join(folder, `tile-${number}.jpg`));
    }
  }
}

async function main() {
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'dino-screenshot-'));
  const folder = path.join(temporary, 'images');
  for (const part of ['tiles', 'photographs'])
    await cp(path.join(root, 'media', 'sample', part), path.join(folder, part), { recursive: true });
  await layOutUnsorted(path.join(folder, 'tiles', 'test'), path.join(folder, UNSORTED));
  await build();
  const server = await startServer({ vsix: [await packageExtension()] });
  const browser = await chromium.launch(await browserOptions());
  try {
    const page = await browser.newPage({ viewport: WINDOW });
    page.setDefaultTimeout(patience.state);
    await page.goto(server.folderUrl(folder));
    await showTheWayIn(page);
    await showSample(page);
    await showEmbedding(page);
    await runCommand(page, 'View: Close All Editors');
    await fileRow(page, 'tiles').click();
    await showPatches(page);
    await showSimilar(page);
    await showCrops(page);
  } finally {
    await browser.close();
    await server.stop();
    await rm(temporary, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
