/** How densely points lie in the plane: where they gather, and which of them are the most typical. Pure: no DOM. */

/** Cells each way. */
const CELLS = 96;
/** Of the three blurs, in cells; three boxes are nearly a Gaussian. */
const BLUR = 2;

export interface Density {
  /** [CELLS, CELLS], from the lowest y up. */
  readonly cells: Float32Array;
  /** Points that were counted. */
  readonly total: number;
}

/** A place where points gather. */
export interface Peak {
  readonly x: number;
  readonly y: number;
  /** How many points the peak is nearest uphill of. */
  readonly mass: number;
}

const cellOf = (value: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor(((value + 1) / 2) * CELLS)));
const indexOf = (positions: Float32Array, point: number): number =>
  cellOf(positions[2 * point + 1] as number) * CELLS + cellOf(positions[2 * point] as number);

/** @param positions [n, 2], from -1 to 1; @param points those that count */
export function densityOf(positions: Float32Array, points: ArrayLike<number>): Density {
  let cells = new Float32Array(CELLS * CELLS);
  for (let at = 0; at < points.length; at++) {
    const cell = indexOf(positions, points[at] as number);
    cells[cell] = (cells[cell] as number) + 1;
  }
  for (let pass = 0; pass < 3; pass++) cells = blurred(blurred(cells, 1, CELLS), CELLS, 1);
  return { cells, total: points.length };
}

/** The sum over a box along one direction. */
function blurred(cells: Float32Array, along: number, across: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(cells.length);
  for (let line = 0; line < CELLS; line++) {
    for (let at = 0; at < CELLS; at++) {
      let sum = 0;
      for (let near = Math.max(0, at - BLUR); near <= Math.min(CELLS - 1, at + BLUR); near++)
        sum += cells[line * across + near * along] as number;
      out[line * across + at * along] = sum;
    }
  }
  return out;
}

/** The points, those in the densest places first. */
export function typicalFirst(
  positions: Float32Array,
  points: ArrayLike<number>,
  density: Density,
): Int32Array<ArrayBuffer> {
  const densities = new Float32Array(positions.length / 2);
  for (let at = 0; at < points.length; at++) {
    const point = points[at] as number;
    densities[point] = densityAt(density, positions[2 * point] as number, positions[2 * point + 1] as number);
  }
  return Int32Array.from(points).sort(
    (one, other) => (densities[other] as number) - (densities[one] as number) || one - other,
  );
}

/** Between the centers of cells linearly. */
function densityAt({ cells }: Density, x: number, y: number): number {
  const [across, up] = [x, y].map((value) => Math.min(CELLS - 1, Math.max(0, ((value + 1) / 2) * CELLS - 0.5))) as [
    number,
    number,
  ];
  const [column, row] = [Math.min(CELLS - 2, Math.floor(across)), Math.min(CELLS - 2, Math.floor(up))];
  const [right, above] = [across - column, up - row];
  const at = (dx: number, dy: number) => cells[(row + dy) * CELLS + column + dx] as number;
  return (
    (1 - above) * ((1 - right) * at(0, 0) + right * at(1, 0)) + above * ((1 - right) * at(0, 1) + right * at(1, 1))
  );
}

/**
 * The places where points gather, the largest first: from every point uphill.
 * @param leastShare of all points that a gathering has
 */
export function peaksOf(
  positions: Float32Array,
  points: ArrayLike<number>,
  density: Density,
  leastShare: number,
): Peak[] {
  const tops = new Map<number, { mass: number; x: number; y: number; near: number }>();
  const topOf = climber(density.cells);
  for (let at = 0; at < points.length; at++) {
    const point = points[at] as number;
    const cell = indexOf(positions, point);
    const top = topOf(cell);
    const peak = tops.get(top) ?? { mass: 0, x: 0, y: 0, near: 0 };
    tops.set(top, peak);
    peak.mass++;
    if (distance(cell, top) > 2 * BLUR) continue;
    peak.near++;
    peak.x += positions[2 * point] as number;
    peak.y += positions[2 * point + 1] as number;
  }
  return [...tops]
    .map(([top, { mass, x, y, near }]) =>
      near === 0 ? { ...centerOf(top), mass } : { x: x / near, y: y / near, mass },
    )
    .filter(({ mass }) => mass >= leastShare * density.total)
    .sort((one, other) => other.mass - one.mass);
}

const distance = (one: number, other: number): number =>
  Math.max(Math.abs((one % CELLS) - (other % CELLS)), Math.abs(Math.floor(one / CELLS) - Math.floor(other / CELLS)));

const centerOf = (cell: number) => ({
  x: (2 * ((cell % CELLS) + 0.5)) / CELLS - 1,
  y: (2 * (Math.floor(cell / CELLS) + 0.5)) / CELLS - 1,
});

/** Uphill from cell to cell; each way is gone once. */
function climber(cells: Float32Array): (cell: number) => number {
  const tops = new Int32Array(cells.length).fill(-1);
  return function topOf(cell: number): number {
    const way = [cell];
    let at = cell;
    while (tops[at] === -1) {
      const next = highestBeside(cells, at);
      if (next === at) break;
      at = next;
      way.push(at);
    }
    const top = tops[at] === -1 ? at : (tops[at] as number);
    for (const passed of way) tops[passed] = top;
    return top;
  };
}

/** A cell of the eight around one, or itself where none is higher; among equals the last, so that a plain has one top. */
function highestBeside(cells: Float32Array, cell: number): number {
  const [column, row] = [cell % CELLS, Math.floor(cell / CELLS)];
  let best = cell;
  for (let y = Math.max(0, row - 1); y <= Math.min(CELLS - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(CELLS - 1, column + 1); x++) {
      const other = y * CELLS + x;
      const [height, highest] = [cells[other] as number, cells[best] as number];
      if (height > highest || (height === highest && other > best)) best = other;
    }
  }
  return best;
}
