// npm run bench:plot: frames a second while the embedding's plot is panned and zoomed, in a browser without VS Code.
import process from 'node:process';
import { chromium } from 'playwright-core';
import { browserOptions } from '../workbench/browser.mjs';
import { openPanelPage } from './panelPage.mjs';

const COUNTS = [1000, 10_000, 50_000, 200_000];

const options = await browserOptions();
const isHardware = process.argv.includes('--gpu');
const browser = await chromium.launch({
  ...options,
  args: [...(options.args ?? []), ...(isHardware ? ['--use-angle=default', '--ignore-gpu-blocklist'] : [])],
});
const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const screenshot = process.argv.find((argument) => argument.endsWith('.png'));

console.log('| points | frames a second, median | slowest frame of twenty | drawn by |');
console.log('| --- | --- | --- | --- |');
for (const count of COUNTS) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await openPanelPage(page, { panel: 'embedding', query: `?points=${count}` });
  await page.locator('.room:not(.is-blank) .stage').waitFor();
  const frames = /** @type {number[]} */ (await page.evaluate('moveAbout()'));
  const drawnBy = /** @type {string} */ (await page.evaluate('renderer()'));
  const slow = frames.toSorted((a, b) => a - b)[Math.floor(frames.length * 0.95)] ?? Number.NaN;
  console.log(
    `| ${count.toLocaleString('en')} | ${(1000 / median(frames)).toFixed(0)} | ${slow.toFixed(0)} ms | ${drawnBy} |`,
  );
  if (screenshot !== undefined && count === 10_000) await page.screenshot({ path: screenshot });
  await page.close();
}
await browser.close();
