// Line charts as figures: parts of an SVG, and the PNG that becomes of them.
import sharp from 'sharp';

/** @typedef {readonly (readonly [number, number])[]} Points */
/** @typedef {{ label: string, color: string, points: Points, around?: readonly Points[] }} Curve around: drawn thin, without dots */
/** @typedef {{ at: number, label: string }} Tick */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box in pixels */

/** Sharp for screens of twice the density. */
const DENSITY = 144;
const [LEGEND_LINE, LEGEND_SQUARE] = [20, 12];

/**
 * Curves in a box, with ticks on both axes; the first and the last tick of the y axis are its ends.
 * @param {{ box: Box, curves: readonly Curve[], xTicks: readonly Tick[], yTicks: readonly Tick[], xTitle: string }} options
 */
export function linePlot({ box, curves, xTicks, yTicks, xTitle }) {
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const x = scale(Math.min(...xs), Math.max(...xs), box.left, box.right);
  const y = scale(yTicks[0]?.at ?? 0, yTicks.at(-1)?.at ?? 1, box.bottom, box.top);
  const grid = yTicks.map(
    ({ at, label }) => `<path d="M${box.left} ${y(at)}H${box.right}" stroke="#d8dce2"/>
    <text x="${box.left - 10}" y="${y(at) + 4}" text-anchor="end">${label}</text>`,
  );
  const below = xTicks.map(
    ({ at, label }) => `<text x="${x(at)}" y="${box.bottom + 20}" text-anchor="middle">${label}</text>`,
  );
  const pathOf = (/** @type {Points} */ points) => `M${points.map(([px, py]) => `${x(px)} ${y(py)}`).join('L')}`;
  const lines = curves.map(({ color, points, around = [] }) => {
    const places = points.map(([px, py]) => /** @type {const} */ ([x(px), y(py)]));
    const dots = places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3.5" fill="${color}" stroke="none"/>`);
    const thin = around.map((one) => `<path d="${pathOf(one)}" stroke="${color}" stroke-width="1" opacity=".45"/>`);
    return `${thin.join('')}<path d="${pathOf(points)}" stroke="${color}"/>${dots.join('')}`;
  });
  return `${grid.join('')}${below.join('')}
  <text x="${(box.left + box.right) / 2}" y="${box.bottom + 40}" text-anchor="middle">${xTitle}</text>
  <g fill="none" stroke-width="2.5">${lines.join('')}</g>`;
}

/** A line for each curve, down from the place given. */
export const legend = (
  /** @type {readonly Pick<Curve, 'label' | 'color'>[]} */ curves,
  /** @type {number} */ left,
  /** @type {number} */ top,
) =>
  curves
    .map(
      ({ label, color }, i) =>
        `<rect x="${left}" y="${top + LEGEND_LINE * i}" width="${LEGEND_SQUARE}" height="${LEGEND_SQUARE}" fill="${color}"/>
    <text x="${left + LEGEND_LINE}" y="${top + LEGEND_LINE * i + 11}">${label}</text>`,
    )
    .join('');

/** Draws the parts on white and writes the figure. */
export async function writeChart(
  /** @type {string} */ file,
  /** @type {{ width: number, height: number }} */ { width, height },
  /** @type {string[]} */ ...parts
) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif" font-size="13" fill="#333">
  <rect width="100%" height="100%" fill="#fff"/>
  ${parts.join('\n')}
</svg>`;
  await sharp(Buffer.from(svg), { density: DENSITY }).png({ palette: true }).toFile(file);
  console.log(`Drawn: ${file}`);
}

/** @returns {(value: number) => number} from values to pixels */
function scale(
  /** @type {number} */ least,
  /** @type {number} */ most,
  /** @type {number} */ from,
  /** @type {number} */ to,
) {
  return (value) => from + ((to - from) * (value - least)) / (most - least);
}
