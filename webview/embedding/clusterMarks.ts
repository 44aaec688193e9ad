/** What stands for a gathering of points: the name of its class, or its most typical image. Pure: no DOM. */
import type { Category, Coloring } from './coloring.js';
import { densityOf, type Peak, peaksOf } from './density.js';

interface NameMark {
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

/** Of a class: what it has elsewhere is named, too, when it is at least so much. */
const LEAST_OF_CLASS = 0.3;
const PLACES_OF_CLASS = 2;
/** From its first place, in units of the plot, which is two wide. */
const ELSEWHERE = 0.5;
const LEAST_OF_ALL = 0.015;
const MOST_IMAGES = 24;
/** Of a name in the plot; the legend has all of it. */
const MOST_CHARACTERS = 24;

/** @param points those that are seen */
export function clusterMarks(
  positions: Float32Array,
  points: Int32Array,
  legend: Coloring['legend'] | undefined,
): ClusterMarks {
  const categories = legend?.kind === 'categories' ? legend.categories : [];
  if (legend?.kind === 'categories' && categories.filter(({ isName }) => isName).length > 1)
    return { names: namesOf(positions, points, categories, legend.categoryOf), images: [] };
  const peaks = peaksOf(positions, points, densityOf(positions, points), LEAST_OF_ALL).slice(0, MOST_IMAGES);
  return { names: [], images: [...new Set(peaks.map((peak) => nearestTo(peak, positions, points)))] };
}

function namesOf(
  positions: Float32Array,
  points: Int32Array,
  categories: readonly Category[],
  categoryOf: Int32Array,
): NameMark[] {
  const members = categories.map((): number[] => []);
  for (const point of points) members[categoryOf[point] as number]?.push(point);
  const marks = categories.flatMap(({ label, isName }, category) => {
    const own = members[category] ?? [];
    if (!isName || own.length === 0) return [];
    return placesOf(positions, own).map((peak) => ({ name: shortened(label), ...peak }));
  });
  return marks.sort((one, other) => other.mass - one.mass);
}

function shortened(label: string): string {
  const characters = [...label];
  return characters.length <= MOST_CHARACTERS
    ? label
    : `${characters
        .slice(0, MOST_CHARACTERS - 1)
        .join('')
        .trimEnd()}…`;
}

/** Of a class: where most of it is, and where else much of it is. */
function placesOf(positions: Float32Array, points: readonly number[]): Peak[] {
  const [first, ...others] = peaksOf(positions, points, densityOf(positions, points), 0);
  if (first === undefined) return [];
  const elsewhere = others.filter(
    ({ mass, x, y }) => mass >= LEAST_OF_CLASS * points.length && Math.hypot(x - first.x, y - first.y) >= ELSEWHERE,
  );
  return [first, ...elsewhere].slice(0, PLACES_OF_CLASS);
}

function nearestTo({ x, y }: Peak, positions: Float32Array, points: Int32Array): number {
  let best = 0;
  let least = Infinity;
  for (const point of points) {
    const distance = ((positions[2 * point] as number) - x) ** 2 + ((positions[2 * point + 1] as number) - y) ** 2;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}
