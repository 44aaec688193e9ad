/** Places in an image, and the patches that they lie in. Pure: no DOM. */

/** A place in the image, 0 to 1 each way: it stays where it is when the patches become finer. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** Column and row. */
const cellOf = ({ x, y }: Place, { rows, columns }: Grid): readonly [number, number] => [
  clamp(Math.floor(x * columns), columns - 1),
  clamp(Math.floor(y * rows), rows - 1),
];

/** By its index in reading order. */
export function patchOf(place: Place, grid: Grid): number {
  const [column, row] = cellOf(place, grid);
  return row * grid.columns + column;
}

/** The middle of the patch that lies so many beside it. */
export function placeBeside(place: Place, [across, down]: readonly [number, number], grid: Grid): Place {
  const [column, row] = cellOf(place, grid);
  return {
    x: (clamp(column + across, grid.columns - 1) + 0.5) / grid.columns,
    y: (clamp(row + down, grid.rows - 1) + 0.5) / grid.rows,
  };
}
