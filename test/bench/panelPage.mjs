// A panel's own page in a browser of its own, without VS Code: a script in its place answers what the page asks.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/setup.mjs';

/** An array as a text, which a function that is put into a page can hand over. */
export const encoded = (/** @type {ArrayBufferView} */ { buffer, byteOffset, byteLength }) =>
  Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength).toString('base64');

/** The panels' own. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'";

/**
 * @param {import('playwright-core').Page} page
 * @param {{ panel: 'attention' | 'embedding' | 'previews', query?: string }} of The page's name; `query` is for the script, which is
 *   `page/<panel>Host.js`, behind `page/host.js`.
 */
export async function openPanelPage(page, { panel, query = '' }) {
  page.on('pageerror', (error) => console.error(error.message));
  for (const script of ['host', `${panel}Host`])
    await page.addInitScript({ path: fileURLToPath(new URL(`page/${script}.js`, import.meta.url)) });
  const file = (/** @type {string} */ extension) =>
    readFileSync(path.join(root, 'dist', 'webview', `${panel}.${extension}`), 'utf8');
  await page.route(`http://${panel}.page/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/page.js') return route.fulfill({ contentType: 'text/javascript', body: file('js') });
    if (pathname === '/page.css') return route.fulfill({ contentType: 'text/css', body: file('css') });
    return route.fulfill({
      contentType: 'text/html',
      headers: { 'Content-Security-Policy': POLICY },
      body: '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/page.css"></head><body class="vscode-light"><main></main><script src="/page.js"></script></body></html>',
    });
  });
  await page.goto(`http://${panel}.page/${query}`);
}
