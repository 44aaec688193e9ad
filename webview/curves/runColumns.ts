/** The columns that a table of runs can have, what each run has in them, and how rows are sorted and filtered. Pure: no DOM. */
import * as l10n from '@vscode/l10n';
import type { CommonMetric } from '../../src/metrics/catalogue.js';
import { formatMetric } from '../../src/metrics/metricSpec.js';
import type { ShownMetric, ShownRun, TableLook } from '../../src/protocol/curves.js';
import { type Point, type RunColumns, readAt } from './columns.js';
import { offeredBy } from './series.js';

interface Cell {
  readonly text: string;
  /** What it is sorted and compared by. */
  readonly order: number | string;
}

export interface Column {
  /** As it is kept: `result:state`, `measured:loss`, `set:lr`. */
  readonly id: string;
  readonly label: string;
  /** One a run. */
  readonly cells: readonly Cell[];
}

const EMPTY: Cell = { text: '', order: '' };
const STEP = 'measured:step';
/** What runs are better by the lower it is. */
const LOSS: CommonMetric['name'] = 'loss';

/** Before anybody has chosen; besides these: the settings that differ. */
export const defaultColumns = (offered: readonly ShownMetric[]): string[] => [
  'result:state',
  STEP,
  ...offered
    .filter(({ result }) => result === 'shown')
    .flatMap(({ name }) => (name === LOSS ? [`measured:${name}`, `lowest:${name}`] : [`measured:${name}`])),
];

export interface Read {
  readonly place: TableLook['place'];
  /** Step of each run at which the curves are read. */
  readonly stepOf: (run: ShownRun) => number | undefined;
}

/** All columns there are for these runs. */
export function columnsOf(
  runs: readonly ShownRun[],
  curves: ReadonlyMap<string, RunColumns>,
  { place, stepOf }: Read,
): Column[] {
  const along = (run: ShownRun, name: string) => curves.get(run.dir)?.points(name, 'step', run) ?? [];
  const steps = runs.map((run) => {
    if (place === 'best') return bestStep(along(run, LOSS));
    return place === 'read' ? stepOf(run) : undefined;
  });
  const offered = offeredBy(runs);
  const measured = offered.map((metric) => ({
    id: `measured:${metric.name}`,
    label: metric.title,
    cells: runs.map((run, i) =>
      number(readAt(along(run, metric.name), steps[i]), (value) => formatMetric(metric, value)),
    ),
  }));
  const lowest = offered
    .filter(({ name }) => name === LOSS)
    .map((metric) => ({
      id: `lowest:${metric.name}`,
      label: l10n.t('{0}, lowest', metric.title),
      cells: runs.map((run) => {
        const losses = along(run, metric.name).map(({ y }) => y);
        const least = losses.length === 0 ? undefined : Math.min(...losses);
        return number(least, (value) => formatMetric(metric, value));
      }),
    }));
  const step: Column = {
    id: STEP,
    label: l10n.t('Step'),
    cells: runs.map((run, i) => number(steps[i] ?? along(run, LOSS).at(-1)?.x, (value) => `${Math.round(value)}`)),
  };
  return [
    // Measured step by step, they are below.
    ...described(runs, 'results', 'result').filter(({ id }) => id !== 'result:step' && id !== 'result:speed'),
    step,
    ...measured,
    ...lowest,
    ...described(runs, 'settings', 'set'),
  ];
}

/** The step with the lowest loss; the first of several. */
export const bestStep = (loss: readonly Point[]): number | undefined =>
  loss.reduce<Point | undefined>((best, one) => (best && best.y <= one.y ? best : one), undefined)?.x;

const number = (value: number | undefined, format: (value: number) => string): Cell =>
  value === undefined ? EMPTY : { text: format(value), order: value };

function described(runs: readonly ShownRun[], part: 'settings' | 'results', kind: string): Column[] {
  const labels = new Map(runs.flatMap((run) => run[part].map(({ key, label }) => [key, label] as const)));
  return [...labels].map(([key, label]) => ({
    id: `${kind}:${key}`,
    label,
    cells: runs.map((run) => {
      const found = run[part].find((one) => one.key === key);
      if (found === undefined) return EMPTY;
      const value = Number(found.value);
      return { text: found.value, order: found.order ?? (Number.isFinite(value) ? value : found.value) };
    }),
  }));
}

const differs = ({ cells }: Column): boolean => cells.some(({ text }) => text !== cells[0]?.text);

/** The columns as they were chosen, then the settings that differ, where they are wanted. */
export function chosenColumns(all: readonly Column[], ids: readonly string[], withDifferent: boolean): Column[] {
  const chosen = ids.flatMap((id) => all.find((one) => one.id === id) ?? []);
  const more = withDifferent
    ? all.filter((one) => one.id.startsWith('set:') && differs(one) && !chosen.includes(one))
    : [];
  return [...chosen, ...more];
}

/** Moves a column by so many places, within the list. */
export function movedColumn(ids: readonly string[], id: string, by: number): string[] {
  const from = ids.indexOf(id);
  if (from < 0) return [...ids];
  const others = ids.filter((one) => one !== id);
  const to = Math.max(0, Math.min(others.length, from + by));
  return [...others.slice(0, to), id, ...others.slice(to)];
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Places of the runs in the order of a column; those that have nothing there come last, whichever way. */
export function sortedRows(count: number, column: Column | undefined, isDescending: boolean): number[] {
  const rows = Array.from({ length: count }, (_, row) => row);
  if (column === undefined) return rows;
  const { cells } = column;
  const isEmpty = (row: number) => (cells[row] ?? EMPTY).text === '';
  return rows.sort((a, b) => {
    if (isEmpty(a) !== isEmpty(b)) return isEmpty(a) ? 1 : -1;
    const [x, y] = [cells[a]?.order ?? '', cells[b]?.order ?? ''];
    const ascending = typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(`${x}`, `${y}`);
    return isDescending ? -ascending : ascending;
  });
}

const COMPARISON = /^(.+?)(<=|>=|<|>|=)(.+)$/;

/**
 * Whether a row passes a filter: each of its words is in the run's name or one of its cells, and each comparison such as
 * `loss<2.5` or `lr=0.001` holds for the column whose name begins so.
 */
export function passes(filter: string, name: string, row: number, columns: readonly Column[]): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = [name, ...columns.map(({ cells }) => cells[row]?.text ?? '')].map((text) => text.toLowerCase());
  return words.every((word) => {
    const [, label = '', sign, value = ''] = COMPARISON.exec(word) ?? [];
    const column = columns.find((one) => one.label.toLowerCase().replaceAll(' ', '').startsWith(label));
    if (sign === undefined || column === undefined) return texts.some((text) => text.includes(word));
    const { text, order } = column.cells[row] ?? EMPTY;
    if (text === '') return false;
    if (sign === '=') return typeof order === 'number' ? order === Number(value) : text.toLowerCase() === value;
    const [a, b] = [Number(order), Number(value)];
    if (sign === '<') return a < b;
    if (sign === '<=') return a <= b;
    return sign === '>' ? a > b : a >= b;
  });
}
