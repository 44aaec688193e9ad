/** An image to look at with a run's network, where a person has named none. */
import * as path from 'node:path';
import type { Shown } from '../protocol/attentionPanel.js';
import type { RunSummary } from './runSummary.js';

/** One of those that it trains on; undefined while these are not known. */
export function sampleImage({ run }: Pick<RunSummary, 'run'>): Shown | undefined {
  if (run === undefined || run.record.dataset.images === 0) return undefined;
  const { path: data } = run.record.dataset;
  return { image: { kind: 'dataset', path: data, index: 0 }, name: `${path.basename(data)} #1` };
}
