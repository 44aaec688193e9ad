/** Extents of tensors as functions of the size of the images. */
import type { Sizes } from '../../program/anySize.js';

/** (batch, or 1) (area rows columns + rows row + columns column + rest), of whole numbers. */
export interface Extent {
  readonly perImage: boolean;
  readonly area: number;
  readonly row: number;
  readonly column: number;
  readonly rest: number;
}

/** A number as it was at some size. */
export interface Sample {
  readonly sizes: Sizes;
  readonly value: number;
}

/** The function that all samples are values of; undefined when there is none of this form. @param samples more than four */
export function extentOf(samples: readonly Sample[]): Extent | undefined {
  for (const perImage of [false, true]) {
    const extent = fitted(samples, perImage);
    if (samples.every(({ sizes, value }) => valueAt(extent, sizes) === value)) return extent;
  }
  return undefined;
}

export const isFixed = ({ perImage, area, row, column }: Extent): boolean =>
  !perImage && area === 0 && row === 0 && column === 0;

const valueAt = ({ perImage, area, row, column, rest }: Extent, { batch, rows, columns }: Sizes): number =>
  (perImage ? batch : 1) * (area * rows * columns + row * rows + column * columns + rest);

/** How people write it: `batch`, `rows * columns + 1`. */
export function describeExtent({ perImage, area, row, column, rest }: Extent): string {
  const term = (factor: number, name: string) => (factor === 1 ? name : `${factor} * ${name}`);
  const terms = [
    ...(area === 0 ? [] : [term(area, 'rows * columns')]),
    ...(row === 0 ? [] : [term(row, 'rows')]),
    ...(column === 0 ? [] : [term(column, 'columns')]),
    ...(rest === 0 ? [] : [String(rest)]),
  ];
  const ofImage = terms.join(' + ');
  if (!perImage) return ofImage;
  return ofImage === '1' ? 'batch' : `batch * (${ofImage})`;
}

/** By Gauss-Jordan elimination over the first four samples, which must be independent; rounded. */
function fitted(samples: readonly Sample[], perImage: boolean): Extent {
  const rows = samples.slice(0, 4).map(({ sizes: { batch, rows, columns }, value }) => {
    return [rows * columns, rows, columns, 1, perImage ? value / batch : value];
  });
  for (let pivot = 0; pivot < 4; pivot++) {
    const best = rows.findIndex((row, i) => i >= pivot && Math.abs(row[pivot] as number) > 1e-9);
    [rows[pivot], rows[best]] = [rows[best] as number[], rows[pivot] as number[]];
    const own = rows[pivot] as number[];
    const scale = own[pivot] as number;
    rows[pivot] = own.map((value) => value / scale);
    rows.forEach((row, i) => {
      if (i === pivot) return;
      const factor = row[pivot] as number;
      rows[i] = row.map((value, j) => value - factor * (rows[pivot]?.[j] as number));
    });
  }
  const [area = 0, row = 0, column = 0, rest = 0] = rows.map((row) => Math.round(row[4] as number));
  return { perImage, area, row, column, rest };
}
