/** The points of a plot as a CSV file. */
import Papa from 'papaparse';
import type { PictureColumn } from '../../protocol/embeddingWork.js';

/** What a spreadsheet would run as a formula; a number with a sign is none. */
const FORMULA = /^(?:[=@\t\r]|[+-](?!(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$))/i;

/** @param points [n, 2] */
export function pointTable(names: readonly string[], points: Float32Array, columns: readonly PictureColumn[]): string {
  const fields = ['name', 'x', 'y', ...columns.map(({ name }) => name)];
  const data = names.map((name, picture) => [
    name,
    points[2 * picture],
    points[2 * picture + 1],
    ...columns.map(({ values }) => values[picture] ?? ''),
  ]);
  return `${Papa.unparse({ fields, data }, { newline: '\n', escapeFormulae: FORMULA })}\n`;
}
