import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricsFeed } from '../../../src/host/metricsFeed.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dino-feed-'));
  file = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `{"step":${from + i},"epoch":0,"loss":${from + i}}\n`).join('');

/** What a page has that does as it is told. */
class Page {
  steps: number[] = [];
  takeFrom(feed: MetricsFeed): boolean {
    const { steps, reset, isLast } = feed.next();
    this.steps = [...(reset ? [] : this.steps), ...steps.map(({ step }) => step)];
    return isLast;
  }
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('MetricsFeed', () => {
  it('gives each step once, however the file grows and whenever a page asks for everything again', () => {
    const event = fc.oneof(
      { weight: 4, arbitrary: fc.constant('read' as const) },
      { weight: 2, arbitrary: fc.constant('grow' as const) },
      { weight: 1, arbitrary: fc.constant('start over' as const) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        writeFileSync(file, '');
        const feed = new MetricsFeed(file, 100);
        const page = new Page();
        let count = 0;
        for (const what of events) {
          if (what === 'read') page.takeFrom(feed);
          else if (what === 'start over') feed.startOver();
          else {
            appendFileSync(file, lines(count + 1, count + 5));
            count += 5;
          }
          expect(page.steps).toEqual(upTo(page.steps.length));
        }
        while (!page.takeFrom(feed));
        expect(page.steps).toEqual(upTo(count));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['shorter', 4],
    ['as long', 12],
  ])('starts over when a resumed run went back and the file is %s', (_, count) => {
    writeFileSync(file, lines(1, 9));
    const feed = new MetricsFeed(file, 1000);
    const page = new Page();
    while (!page.takeFrom(feed));
    writeFileSync(file, `${lines(1, 3)}`);
    if (count > 4) {
      page.takeFrom(feed);
      appendFileSync(file, lines(4, count));
    } else appendFileSync(file, lines(4, 4));
    while (!page.takeFrom(feed));
    expect(page.steps).toEqual(upTo(count));
  });

  it('tells a page without a run that there is nothing', () => {
    expect(new MetricsFeed(file, 1000).next()).toEqual({ steps: [], reset: true, isLast: true });
  });
});
