/** What is drawn: which metrics the runs offer, and how the runs are told apart. */
import type { PointStyle } from 'chart.js';
import type { CommonMetric } from '../../src/metrics/catalogue.js';
import type { ShownMetric, ShownRun } from '../../src/protocol/curves.js';

/** What any of the runs offers to draw, in their order. */
export function offeredBy(runs: readonly Pick<ShownRun, 'metrics'>[]): ShownMetric[] {
  const byName = new Map<string, ShownMetric>();
  for (const { metrics } of runs) for (const one of metrics) if (!byName.has(one.name)) byName.set(one.name, one);
  return [...byName.values()];
}

/** Those that are drawn, as a person chose them, or what is drawn until then: the loss, how good the network is, all others. */
export function drawnOf(offered: readonly ShownMetric[], chosen: readonly string[] | undefined): ShownMetric[] {
  const drawn = offered.filter(({ name, isDrawn }) => chosen?.includes(name) ?? isDrawn);
  const rank = ({ name, group }: ShownMetric) => (name === LOSS ? 0 : group === 'evaluation' ? 1 : 2);
  return drawn.toSorted((a, b) => rank(a) - rank(b));
}

const LOSS: CommonMetric['name'] = 'loss';

export interface RunLook {
  readonly dash: number[];
  readonly marker: PointStyle;
}

/** Told apart without colors, too. */
const RUN_LOOKS: readonly RunLook[] = [
  { dash: [], marker: 'circle' },
  { dash: [7, 3], marker: 'rect' },
  { dash: [2, 3], marker: 'triangle' },
  { dash: [10, 3, 2, 3], marker: 'rectRot' },
  { dash: [14, 4], marker: 'star' },
  { dash: [4, 2, 1, 2, 1, 2], marker: 'cross' },
  { dash: [1, 2], marker: 'crossRot' },
];

/** Of a run that stands alone. */
export const PLAIN_LOOK: RunLook = { dash: [], marker: 'circle' };

export const runLook = (look: number): RunLook => RUN_LOOKS[look % RUN_LOOKS.length] ?? PLAIN_LOOK;

/** A run in a legend. */
export interface NamedColor {
  readonly name: string;
  readonly color: string;
  /** Which its dashes follow. */
  readonly look: number;
}
