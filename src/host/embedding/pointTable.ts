/** The points of a plot as a CSV file. */
import type { PictureColumn } from '../../protocol/embeddingWork.js';
import { csvLines } from '../../tables/csv.js';

/** @param points [n, 2] */
export function pointTable(names: readonly string[], points: Float32Array, columns: readonly PictureColumn[]): string {
  const head = ['name', 'x', 'y', ...columns.map(({ name }) => name)];
  const rows = names.map((name, picture) => [
    name,
    points[2 * picture],
    points[2 * picture + 1],
    ...columns.map(({ values }) => values[picture] ?? ''),
  ]);
  return csvLines([head, ...rows]);
}
