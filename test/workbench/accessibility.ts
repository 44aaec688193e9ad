/** What axe finds in a panel, as a person with a screen reader or with weak eyes would stumble over it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { FrameLocator } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The serious and critical violations, a sentence each with where they are. axe is put in by the browser's debugger, which the page's
 * policy does not bind.
 * @param panel the document inside a webview
 */
export async function accessibilityProblems(panel: FrameLocator): Promise<string[]> {
  const results: AxeResults = await panel.locator('html').evaluate(
    // A string that is a script: the function that playwright sends would be bundled with this file's imports.
    (html, script) => {
      const window = html.ownerDocument.defaultView as unknown as {
        eval(code: string): void;
        axe?: { run(options: object): Promise<AxeResults> };
      };
      if (window.axe === undefined) window.eval(script);
      return window.axe?.run({}) as Promise<AxeResults>;
    },
    source,
  );
  if (results.passes.length === 0) throw new Error('axe has looked at nothing.');
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join('; ')})`);
}
