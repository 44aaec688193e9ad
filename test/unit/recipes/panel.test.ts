/** CONTRIBUTING's "Add a panel", with one that does not exist: host and page as they are bundled, with a stand-in for VS Code. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { forNode, forPages } from '../../../scripts/bundles.mjs';
import { bundleWith } from './bundleWith.js';
import type * as panelModule from './tally/panel.js';
import type { Tab } from './tally/vscode.js';

const TALLY = 'test/unit/recipes/tally';

async function bundled() {
  const host = await bundleWith(
    {},
    { host: `${TALLY}/panel.ts` },
    { ...forNode, alias: { vscode: resolve(TALLY, 'vscode.ts') } },
  );
  const page = await bundleWith({}, { tally: `${TALLY}/page/main.ts` }, forPages);
  const module = createRequire(import.meta.url)(join(host, 'host.cjs')) as typeof panelModule;
  return { ...module, page: readFileSync(join(page, 'tally.js'), 'utf8') };
}

/** Runs the page's script for a tab, in as much of a browser as it takes. @returns what it shows */
function load(script: string, { fromPage, toPage }: Tab): string[] {
  const shown: string[] = [];
  const main = {
    append: (...children: { readonly text: string }[] | string[]) =>
      shown.push(...children.map((one) => (typeof one === 'string' ? one : one.text))),
  };
  const created = () => ({
    text: '',
    setAttribute: () => undefined,
    append(...texts: string[]) {
      this.text += texts.join('');
    },
  });
  const window = {
    crypto,
    addEventListener: (_: 'message', hear: (event: object) => void) => toPage((data) => hear({ data })),
  };
  const document = { querySelector: () => main, getElementById: () => null, createElement: created };
  const acquireVsCodeApi = () => ({ postMessage: fromPage, getState: () => undefined, setState: () => undefined });
  vm.runInNewContext(script, { window, document, acquireVsCodeApi, console, setTimeout, clearTimeout, ArrayBuffer });
  return shown;
}

it('A panel that nobody knew is opened once for each subject, talks to its page, and is restored', async () => {
  const { tallies, fake, page } = await bundled();
  const panels = tallies('/extension' as unknown as Parameters<typeof tallies>[0]);
  panels.show('images');
  panels.show('images');
  const [tab, ...others] = fake.tabs;
  if (tab === undefined) throw new Error('no tab was opened');
  expect(others).toEqual([]);
  expect([tab.viewType, tab.title, tab.reveals]).toEqual(['dino.tally', 'Tally: images', 1]);
  expect(tab.webview.html).toMatch(/script-src 'nonce-[^']+'.*src="\/extension\/dist\/webview\/tally\.js"/s);

  const shown = load(page, tab);
  await expect.poll(() => shown).toEqual(['images: 6', 'half 2', 'no-such-block: 3 has no half.']);

  const restore = async (state: unknown) => {
    const restored = new fake.Tab('dino.tally', '');
    await fake.serializers.get('dino.tally')?.deserializeWebviewPanel(restored, state);
    return restored.isOpen;
  };
  expect(await restore({ folder: 'images' }), 'it has a panel').toBe(false);
  expect(await restore({ of: 'another version' })).toBe(false);
  expect(await restore({ folder: 'others' })).toBe(true);
  expect(panels.all.map(({ folder }) => folder)).toEqual(['images', 'others']);
  tab.dispose();
  expect(panels.find('images')).toBeUndefined();
  panels.dispose();
  expect(panels.all).toEqual([]);
});
