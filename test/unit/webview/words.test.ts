import { readFileSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import { getL10nPseudoLocalized } from '@vscode/l10n-dev';
import { afterAll, describe, expect, it, vi } from 'vitest';

const bundle = JSON.parse(readFileSync('l10n/bundle.l10n.json', 'utf8')) as Record<string, string>;

describe('the words of the pages and of the tree', () => {
  afterAll(() => l10n.config({ contents: {} }));

  it('are those of the bundle, with what is put into them', async () => {
    l10n.config({ contents: getL10nPseudoLocalized(bundle) });
    vi.resetModules();
    const { METRICS } = await import('../../../src/metrics/catalogue.js');
    const { colorByValues } = await import('../../../webview/embedding/coloring.js');
    const { lossText, STATE_NAMES } = await import('../../../src/host/wording.js');
    // The pseudo language writes every letter with an accent.
    for (const { title } of METRICS) if (title !== 'KL') expect(title).not.toMatch(/^[\x20-\x7e]*$/);
    const { legend } = colorByValues(['a', 'b', 'c', 'd', 'e', ''], ['#000000'], '#808080');
    const labels = legend.kind === 'categories' ? legend.categories.slice(-2).map(({ label }) => label) : [];
    expect(labels).toHaveLength(2);
    for (const label of labels) expect(label).not.toMatch(/^[\x20-\x7e]*$/);
    expect(STATE_NAMES.running).not.toBe('running');
    expect(lossText(2.5)).toContain('2.50');
    expect(lossText(2.5)).not.toContain('loss');
  });

  it('have every placeholder once at least, from {0} on', () => {
    for (const words of Object.keys(bundle)) {
      const places = [...words.matchAll(/\{(\d+)\}/g)].map(([, place]) => Number(place));
      const all = Array.from({ length: Math.max(-1, ...places) + 1 }, (_, place) => place);
      expect(
        [...new Set(places)].sort((a, b) => a - b),
        words,
      ).toEqual(all);
    }
  });
});
