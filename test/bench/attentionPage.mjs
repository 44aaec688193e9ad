// The attention panel's own page in a browser of its own, without VS Code: somebody else answers its questions.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/setup.mjs';

/**
 * @typedef {import('../../src/protocol/attentionPanel.js').Question} Question
 * @typedef {import('../../src/protocol/attentionPanel.js').Source} Source
 * @typedef {import('../../src/protocol/worker.js').AttentionAnswer} Answer
 */

/**
 * Opens the page with a picture, and waits until it shows its attention.
 * @param {import('playwright-core').Page} page
 * @param {{ name: string, sources: readonly Source[], answer: (question: Question) => Promise<Answer>}} subject
 */
export async function openAttentionPage(page, { name, sources, answer }) {
  await page.exposeFunction('answerQuestion', async (/** @type {Question} */ question) => {
    const { queries, keys, picture, ...rest } = await answer(question);
    const text = (/** @type {ArrayBufferView} */ { buffer, byteOffset, byteLength }) =>
      Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength).toString('base64');
    return { ...rest, queries: text(queries), keys: text(keys), picture: text(picture) };
  });
  const shown = { picture: { kind: 'file', path: `/${name}` }, name };
  await page.exposeFunction('tellSubject', () => ({ shown, follows: false, version: 0, sources }));
  await page.addInitScript({ path: fileURLToPath(new URL('page/attentionHost.js', import.meta.url)) });
  const file = (/** @type {string} */ extension) =>
    readFileSync(path.join(root, 'dist', 'webview', `attention.${extension}`), 'utf8');
  await page.route('http://attention.page/**', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/attention.js') return route.fulfill({ contentType: 'text/javascript', body: file('js') });
    if (pathname === '/attention.css') return route.fulfill({ contentType: 'text/css', body: file('css') });
    return route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/attention.css"></head><body><main></main><script src="/attention.js"></script></body></html>',
    });
  });
  await page.goto('http://attention.page/');
  await page.locator('.result:not([hidden]) canvas.large').waitFor({ timeout: 120_000 });
}
