// npm run learn:chart: draws media/learning.png, the README's picture, from the curves in test/bench/learning.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { legend, linePlot, writeChart } from './lineChart.mjs';
import { root } from './setup.mjs';

const WIDTH = 720;
const HEIGHT = 340;
const BOX = { left: 56, top: 24, right: WIDTH - 24, bottom: HEIGHT - 48 };
/** Percent between two ticks. */
const TICK = 5;

/** @type {{ label: string, color: string, knn: number[] }[]} k-NN in percent after 0, 1, 2, … epochs */
const learned = JSON.parse(readFileSync(path.join(root, 'test', 'bench', 'learning.json'), 'utf8'));
const epochs = Math.max(...learned.map(({ knn }) => knn.length - 1));
const all = learned.flatMap(({ knn }) => knn);
const least = Math.floor(Math.min(...all) / TICK);
const most = Math.ceil(Math.max(...all) / TICK);

const curves = learned.map(({ label, color, knn }) => ({
  label,
  color,
  points: knn.map((value, epoch) => /** @type {const} */ ([epoch, value])),
}));
const plot = linePlot({
  box: BOX,
  curves,
  xTicks: Array.from({ length: epochs + 1 }, (_, epoch) => ({ at: epoch, label: `${epoch}` })),
  yTicks: Array.from({ length: most - least + 1 }, (_, i) => ({
    at: TICK * (least + i),
    label: `${TICK * (least + i)} %`,
  })),
  xTitle: 'epochs of 10,000 pictures',
});
await writeChart(
  path.join(root, 'media', 'learning.png'),
  { width: WIDTH, height: HEIGHT },
  plot,
  // At the bottom right, where curves that rise leave room.
  legend(curves, BOX.right - 400, BOX.bottom - 20 * curves.length - 4),
);
