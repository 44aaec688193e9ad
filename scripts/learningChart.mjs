// npm run learn:chart: draws media/learning.png, the README's picture, from the curves in test/bench/learning.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { root } from './setup.mjs';

/** @typedef {{ label: string, color: string, knn: number[] }} Curve k-NN in percent after 0, 1, 2, … epochs */

const WIDTH = 720;
const HEIGHT = 340;
const PLOT = { left: 56, top: 24, right: WIDTH - 24, bottom: HEIGHT - 48 };
/** Sharp for screens of twice the density. */
const DENSITY = 144;

/** @type {Curve[]} */
const curves = JSON.parse(readFileSync(path.join(root, 'test', 'bench', 'learning.json'), 'utf8'));
const epochs = Math.max(...curves.map(({ knn }) => knn.length - 1));
const all = curves.flatMap(({ knn }) => knn);
const least = 5 * Math.floor(Math.min(...all) / 5);
const most = 5 * Math.ceil(Math.max(...all) / 5);

const x = (/** @type {number} */ epoch) => PLOT.left + ((PLOT.right - PLOT.left) * epoch) / epochs;
const y = (/** @type {number} */ knn) => PLOT.bottom - ((PLOT.bottom - PLOT.top) * (knn - least)) / (most - least);

const ticks = Array.from({ length: (most - least) / 5 + 1 }, (_, i) => least + 5 * i);
const gridLines = ticks.map(
  (knn) => `<path d="M${PLOT.left} ${y(knn)}H${PLOT.right}" stroke="#d8dce2"/>
    <text x="${PLOT.left - 10}" y="${y(knn) + 4}" text-anchor="end">${knn} %</text>`,
);
const epochTicks = Array.from(
  { length: epochs + 1 },
  (_, epoch) => `<text x="${x(epoch)}" y="${PLOT.bottom + 20}" text-anchor="middle">${epoch}</text>`,
);
const lines = curves.map(
  ({ color, knn }) => `<path d="M${knn.map((value, epoch) => `${x(epoch)} ${y(value)}`).join('L')}" stroke="${color}" />
    ${knn.map((value, epoch) => `<circle cx="${x(epoch)}" cy="${y(value)}" r="3.5" fill="${color}" stroke="none"/>`).join('')}`,
);
// At the bottom right, where curves that rise leave room.
const LEGEND = { left: PLOT.right - 400, top: PLOT.bottom - 20 * curves.length - 4 };
const legend = curves.map(({ label, color }, i) => {
  const top = LEGEND.top + 20 * i;
  return `<rect x="${LEGEND.left}" y="${top}" width="12" height="12" fill="${color}"/>
    <text x="${LEGEND.left + 20}" y="${top + 11}">${label}</text>`;
});

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="DejaVu Sans, Arial, sans-serif" font-size="13" fill="#333">
  <rect width="100%" height="100%" fill="#fff"/>
  ${gridLines.join('')}${epochTicks.join('')}
  <text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">epochs of 10,000 pictures</text>
  <g fill="none" stroke-width="2.5">${lines.join('')}</g>
  ${legend.join('')}
</svg>`;
const file = path.join(root, 'media', 'learning.png');
await sharp(Buffer.from(svg), { density: DENSITY }).png({ palette: true }).toFile(file);
console.log(`Drawn: ${file}`);
