// The attention panel's own page in a browser of its own, without VS Code: somebody else answers its questions.
import { encoded, openPanelPage } from './panelPage.mjs';

/**
 * @typedef {import('../../src/protocol/attentionPanel.js').Question} Question
 * @typedef {import('../../src/protocol/attentionPanel.js').Source} Source
 * @typedef {import('../../src/protocol/worker.js').InsightAnswer} Answer
 */

/**
 * Opens the page with an image, and waits until it shows its attention.
 * @param {import('playwright-core').Page} page
 * @param {{ name: string, sources: readonly Source[], answer: (question: Question) => Promise<Answer>}} subject
 */
export async function openAttentionPage(page, { name, sources, answer }) {
  await page.exposeFunction('answerQuestion', async (/** @type {Question} */ question) => {
    const entries = Object.entries(await answer(question));
    return Object.fromEntries(
      entries.map(([name, value]) => [name, ArrayBuffer.isView(value) ? { base64: encoded(value) } : value]),
    );
  });
  const shown = { image: { kind: 'file', path: `/${name}` }, name };
  await page.exposeFunction('tellSubject', () => ({ shown, follows: false, version: 0, sources }));
  await openPanelPage(page, { panel: 'attention' });
  await page.locator('.result:not([hidden]) canvas.large').waitFor({ timeout: 120_000 });
}
