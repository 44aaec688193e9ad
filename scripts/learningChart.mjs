// npm run learn:chart: draws media/learning.png, the figure of EXPERIMENTS.md, from the curves in test/bench/learning.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { legend, linePlot, writeChart } from './lineChart.mjs';
import { root } from './setup.mjs';

const WIDTH = 720;
const HEIGHT = 340;
const BOX = { left: 56, top: 24, right: WIDTH - 24, bottom: HEIGHT - 48 };
/** Percent between two ticks. */
const TICK = 5;

/** @type {{ images: number, curves: { label: string, color: string, knn: number[][] }[] }} k-NN in percent after 0, 1, 2, … epochs, a list a seed */
const learned = JSON.parse(readFileSync(path.join(root, 'test', 'bench', 'learning.json'), 'utf8'));
const all = learned.curves.flatMap(({ knn }) => knn.flat());
const epochs = Math.max(...learned.curves.flatMap(({ knn }) => knn.map((seed) => seed.length - 1)));
const least = Math.floor(Math.min(...all) / TICK);
const most = Math.ceil(Math.max(...all) / TICK);

const pointsOf = (/** @type {number[]} */ values) =>
  values.map((value, epoch) => /** @type {const} */ ([epoch, value]));
const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const curves = learned.curves.map(({ label, color, knn: [first = [], ...others] }) => ({
  label,
  color,
  points: pointsOf(first.map((value, epoch) => mean([value, ...others.map((seed) => seed[epoch] ?? Number.NaN)]))),
  // Every seed, thin, around their mean.
  around: [first, ...others].map(pointsOf),
}));
const plot = linePlot({
  box: BOX,
  curves,
  xTicks: Array.from({ length: epochs + 1 }, (_, epoch) => ({ at: epoch, label: `${epoch}` })),
  yTicks: Array.from({ length: most - least + 1 }, (_, i) => ({
    at: TICK * (least + i),
    label: `${TICK * (least + i)} %`,
  })),
  xTitle: `epochs of ${learned.images.toLocaleString('en')} images; each seed, and their mean`,
});
await writeChart(
  path.join(root, 'media', 'learning.png'),
  { width: WIDTH, height: HEIGHT },
  plot,
  // At the top left, where curves that rise leave room.
  legend(curves, BOX.left + 16, BOX.top + 10),
);
