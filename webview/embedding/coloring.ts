/** Which color and shape each point has, and what they mean. */
import * as l10n from '@vscode/l10n';
import { rgb } from 'd3-color';
import { interpolateViridis } from 'd3-scale-chromatic';

/** How many shapes there are: circle, square, triangle, diamond. */
const SHAPES = 4;

export interface Category {
  readonly label: string;
  readonly color: string;
  readonly shape: number;
  readonly count: number;
  /** Whether its points have this name; else they have another one, or none. */
  readonly isName: boolean;
}

export interface Coloring {
  /** RGB, [n, 3] */
  readonly colors: Uint8Array;
  readonly shapes: Uint8Array;
  /** What a point's color stands for, in words. */
  readonly meaning: (image: number) => string;
  readonly legend:
    | { readonly kind: 'categories'; readonly categories: readonly Category[]; readonly categoryOf: Int32Array }
    | { readonly kind: 'scale'; readonly least: number; readonly most: number; readonly without: number };
}

const NO_VALUE = l10n.t('no value');
const OTHERS = l10n.t('others');
/** Fewer distinct numbers are taken as names. */
const MOST_NUMBERS_AS_NAMES = 12;

/** @param series colors that are told apart; with each of the shapes, once more; @param muted of what has no value */
export function colorByValues(values: readonly string[], series: readonly string[], muted: string): Coloring {
  const given = values.filter((value) => value !== '');
  const distinct = new Set(given);
  const areNumbers = given.length > 0 && given.every((value) => Number.isFinite(Number(value)));
  return areNumbers && distinct.size > MOST_NUMBERS_AS_NAMES
    ? colorByNumbers(values, muted)
    : colorByNames(values, series, muted);
}

function colorByNames(values: readonly string[], series: readonly string[], muted: string): Coloring {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = series.length * SHAPES;
  const names = [...counts.keys()].filter((name) => name !== '');
  const kept = new Set(
    names.length <= most
      ? names
      : [...names].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0)).slice(0, most),
  );
  const natural = new Intl.Collator('en', { numeric: true });
  const shown = [...kept].sort(natural.compare);
  const categories: Category[] = shown.map((label, index) => ({
    label,
    color: series[index % series.length] ?? muted,
    shape: Math.floor(index / series.length),
    count: counts.get(label) ?? 0,
    isName: true,
  }));
  const rest = (label: string, count: number) => {
    if (count === 0) return -1;
    categories.push({ label, color: muted, shape: 0, count, isName: false });
    return categories.length - 1;
  };
  const others = rest(
    OTHERS,
    names.filter((name) => !kept.has(name)).reduce((sum, name) => sum + (counts.get(name) ?? 0), 0),
  );
  const none = rest(NO_VALUE, counts.get('') ?? 0);
  const places = new Map(shown.map((label, index) => [label, index]));
  const categoryOf = Int32Array.from(values, (value) => (value === '' ? none : (places.get(value) ?? others)));
  const colors = new Uint8Array(3 * values.length);
  const shapes = new Uint8Array(values.length);
  const tints = categories.map(({ color }) => bytesOf(color));
  categoryOf.forEach((category, image) => {
    colors.set(tints[category] ?? [128, 128, 128], 3 * image);
    shapes[image] = categories[category]?.shape ?? 0;
  });
  return {
    colors,
    shapes,
    meaning: (image) => values[image] || NO_VALUE,
    legend: { kind: 'categories', categories, categoryOf },
  };
}

function colorByNumbers(values: readonly string[], muted: string): Coloring {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === '') continue;
    least = Math.min(least, Number(value));
    most = Math.max(most, Number(value));
  }
  const gray = bytesOf(muted);
  const colors = new Uint8Array(3 * values.length);
  values.forEach((value, image) => {
    const share = most > least ? (Number(value) - least) / (most - least) : 0.5;
    colors.set(value === '' ? gray : bytesOf(interpolateViridis(share)), 3 * image);
  });
  return {
    colors,
    shapes: new Uint8Array(values.length),
    meaning: (image) => values[image] || NO_VALUE,
    legend: { kind: 'scale', least, most, without: values.filter((value) => value === '').length },
  };
}

function bytesOf(color: string): [number, number, number] {
  const { r, g, b } = rgb(color);
  return [r, g, b];
}
