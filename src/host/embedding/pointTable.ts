/** The points of a plot as a CSV file. */
import type { ImageColumn } from '../../protocol/embeddingWork.js';
import { csvLines } from '../../tables/csv.js';

/** @param points [n, 2] */
export function pointTable(names: readonly string[], points: Float32Array, columns: readonly ImageColumn[]): string {
  const head = ['name', 'x', 'y', ...columns.map(({ name }) => name)];
  const rows = names.map((name, image) => [
    name,
    points[2 * image],
    points[2 * image + 1],
    ...columns.map(({ values }) => values[image] ?? ''),
  ]);
  return csvLines([head, ...rows]);
}
