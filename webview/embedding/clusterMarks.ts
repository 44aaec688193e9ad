/** What stands for a gathering of points: the name of its class, or its most typical image. Pure: no DOM. */
import type { Category, Coloring } from './coloring.js';
import { densityOf, type Peak, peaksOf } from './density.js';

export interface NameMark {
  readonly name: string;
  /** Where its points are the densest. */
  readonly x: number;
  readonly y: number;
  readonly mass: number;
}

export interface ClusterMarks {
  /** The largest first. */
  readonly names: readonly NameMark[];
  readonly images: readonly number[];
}

export const NO_MARKS: ClusterMarks = { names: [], images: [] };

/** Of a class: what it has elsewhere is named, too, when it is at least so much. */
const LEAST_OF_CLASS = 0.3;
const PLACES_OF_CLASS = 2;
/** From its first place, in units of the plot, which is two wide. */
const ELSEWHERE = 0.5;
const LEAST_OF_ALL = 0.015;
const MOST_IMAGES = 24;

/** @param counts whether a point is seen */
export function clusterMarks(
  positions: Float32Array,
  legend: Coloring['legend'] | undefined,
  counts: (point: number) => boolean,
): ClusterMarks {
  const categories = legend?.kind === 'categories' ? legend.categories : [];
  if (legend?.kind === 'categories' && categories.filter(({ isName }) => isName).length > 1)
    return { names: namesOf(positions, categories, legend.categoryOf, counts), images: [] };
  const peaks = peaksOf(positions, densityOf(positions, counts), counts, LEAST_OF_ALL).slice(0, MOST_IMAGES);
  return { names: [], images: [...new Set(peaks.map((peak) => nearestTo(peak, positions, counts)))] };
}

function namesOf(
  positions: Float32Array,
  categories: readonly Category[],
  categoryOf: Int32Array,
  counts: (point: number) => boolean,
): NameMark[] {
  const marks = categories.flatMap(({ label, isName }, category) => {
    if (!isName) return [];
    const isOfIt = (point: number) => categoryOf[point] === category && counts(point);
    const peaks = peaksOf(positions, densityOf(positions, isOfIt), isOfIt, 0);
    const [first, ...others] = peaks;
    if (first === undefined) return [];
    const least = LEAST_OF_CLASS * peaks.reduce((sum, { mass }) => sum + mass, 0);
    const elsewhere = others.filter(
      ({ mass, x, y }) => mass >= least && Math.hypot(x - first.x, y - first.y) >= ELSEWHERE,
    );
    return [first, ...elsewhere].slice(0, PLACES_OF_CLASS).map((peak) => ({ name: label, ...peak }));
  });
  return marks.sort((one, other) => other.mass - one.mass);
}

function nearestTo({ x, y }: Peak, positions: Float32Array, counts: (point: number) => boolean): number {
  let best = 0;
  let least = Infinity;
  for (let point = 0; 2 * point < positions.length; point++) {
    const distance = ((positions[2 * point] as number) - x) ** 2 + ((positions[2 * point + 1] as number) - y) ** 2;
    if (distance >= least || !counts(point)) continue;
    [best, least] = [point, distance];
  }
  return best;
}
