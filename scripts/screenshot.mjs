// npm run screenshot: the sample run as DINO: Open Sample shows it, in a workbench with the packaged extension: the first image of the
// READMEs, and parts of it for the walkthrough. Then the map of the tiles that its network has not seen: the READMEs' second image.
import { cp, mkdtemp, rm } from 'node:fs/promises';
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
/** File in media, and the part of the window that it shows; absent: all of it. */
const IMAGES = [
  { name: 'screenshot' },
  { name: 'walkthrough/curve', part: { left: 48, top: 36, width: 766, height: 732 } },
  { name: 'walkthrough/attention', part: { left: 815, top: 36, width: 461, height: 732 } },
];

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

/** Of the folder's tiles that the network was not trained on. */
async function openEmbedding(/** @type {Page} */ page) {
  await runCommand(page, 'View: Close All Editors');
  await runCommand(page, 'View: Show Explorer');
  const row = (/** @type {string} */ name) =>
    page.locator(`.explorer-folders-view .monaco-list-row[aria-label^=${JSON.stringify(name)}]`);
  await row('tiles').click();
  await row('test').click({ button: 'right' });
  const item = page.locator('.monaco-menu .action-menu-item', { hasText: 'Show Embedding' });
  await item.waitFor();
  // A menu ignores the mouse for its first moments, lest the click that opened it chooses something.
  for (const end = Date.now() + patience.state; (await item.isVisible()) && Date.now() < end; ) {
    await item.click({ timeout: 5000 }).catch(() => undefined);
    await page.waitForTimeout(500);
  }
  const panel = webview(page, 0);
  await panel.locator('.legend').waitFor();
  await panel.locator('.work').waitFor({ state: 'hidden' });
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

async function write(/** @type {string} */ name, /** @type {import('sharp').Sharp} */ image) {
  const file = path.join(root, 'media', `${name}.png`);
  // Few colors are enough for what is mostly gray.
  await image.png({ palette: true, compressionLevel: 9 }).toFile(file);
  console.log(file);
}

async function main() {
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'dino-screenshot-'));
  const folder = path.join(temporary, 'photographs');
  await cp(path.join(root, 'media', 'sample', 'tiles'), path.join(folder, 'tiles'), { recursive: true });
  await build();
  const server = await startServer({ vsix: [await packageExtension()] });
  const browser = await chromium.launch(await browserOptions());
  try {
    const page = await browser.newPage({ viewport: WINDOW });
    page.setDefaultTimeout(patience.state);
    await page.goto(server.folderUrl(folder));
    await runCommand(page, 'DINO: Open Sample');
    await webview(page, 1).locator('canvas.large').waitFor();
    for (const at of [0, 1]) await webview(page, at).getByRole('button', { name: 'Got it' }).click();
    await webview(page, 0).locator('figure[data-series="loss"] canvas').waitFor();
    const tour = await atRest(page);
    for (const { name, part } of IMAGES)
      await write(name, part === undefined ? sharp(tour) : sharp(tour).extract(part));
    await openEmbedding(page);
    await write('embedding', sharp(await atRest(page)));
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
