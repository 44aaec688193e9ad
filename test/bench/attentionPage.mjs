// The attention panel's own page in a browser of its own, without VS Code: somebody else answers its questions.
import { encoded, openPanelPage } from './panelPage.mjs';

/**
 * @typedef {import('../../src/protocol/attentionPanel.js').Question} Question
 * @typedef {import('../../src/protocol/attentionPanel.js').Source} Source
 * @typedef {import('../../src/protocol/attentionPanel.js').PatchesQuestion} PatchesQuestion
 * @typedef {import('../../src/protocol/worker.js').InsightAnswer} Answer
 * @typedef {import('../../src/protocol/worker.js').PatchesAnswer} PatchesAnswer
 */

/**
 * Opens the page with an image, and waits until it shows its attention.
 * @param {import('playwright-core').Page} page
 * @param {{ name: string, sources: readonly Source[], answer: (question: Question) => Promise<Answer>,
 *   patches: (question: PatchesQuestion) => Promise<PatchesAnswer> }} subject
 */
export async function openAttentionPage(page, { name, sources, answer, patches }) {
  await page.exposeFunction('answerQuestion', async (/** @type {Question} */ question) =>
    texts(await answer(question)),
  );
  await page.exposeFunction('answerPatches', async (/** @type {PatchesQuestion} */ question) =>
    texts(await patches(question)),
  );
  const shown = { image: { kind: 'file', path: `/${name}` }, name };
  const told = { shown, follows: false, version: 0, sources };
  await page.exposeFunction('tellSubject', () => told);
  await page.exposeFunction('tellBeside', () => ({
    ...told,
    beside: { image: { kind: 'file', path: '/beside.jpg' }, name: 'beside.jpg' },
  }));
  await openPanelPage(page, { panel: 'attention' });
  await page.locator('.result:not([hidden]) canvas.large').waitFor({ timeout: 120_000 });
}

/** Arrays as texts, however deep they lie. @type {(value: any) => any} */
function texts(value) {
  if (ArrayBuffer.isView(value)) return { base64: encoded(value) };
  if (Array.isArray(value)) return value.map(texts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, texts(part)]));
}
