/** How many small multiples stand side by side, so that they are as large as their room allows. Pure: no DOM. */

/** Width to height that a curve is easiest to read in. */
const BEST_RATIO = 1.7;
/** In pixels: narrower, its title and readings do not fit. */
const LEAST_WIDTH = 170;

/** @returns columns, 1 to `count`, in which the charts come nearest to that shape at the largest size */
export function columnsFor(count: number, width: number, height: number, gap: number): number {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const chartWidth = (width - gap * (columns - 1)) / columns;
    if (columns > 1 && chartWidth < LEAST_WIDTH) break;
    const chartHeight = (height - gap * (rows - 1)) / rows;
    const size = Math.min(chartWidth / BEST_RATIO, chartHeight);
    if (size > best.size) best = { columns, size };
  }
  return best.columns;
}
