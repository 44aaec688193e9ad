// The figure of how the cost of a step grows: a panel for each thing that grows.
import { legend, linePlot, writeChart } from '../../scripts/lineChart.mjs';

/** @typedef {import('./growth.mjs').Axis} Axis */
/** @typedef {import('./growth.mjs').Growth} Growth */

/** Okabe and Ito's colors, which the color-blind tell apart. */
const COLORS = { onnx: '#0072b2', tensorflow: '#e69f00', xla: '#d55e00', torch: '#666666' };

const PANEL = { width: 330, height: 250 };
const MARGIN = { left: 78, top: 20, right: 24, bottom: 60 };
const COLUMNS = 3;

/** A panel for each axis, and the legend where the last row has room. */
export async function drawGrowth(
  /** @type {readonly Growth[]} */ growths,
  /** @type {readonly { name: string, label: string }[]} */ contestants,
  /** @type {string} */ file,
) {
  const placeOf = (/** @type {number} */ i) => ({
    left: (i % COLUMNS) * PANEL.width,
    top: Math.floor(i / COLUMNS) * PANEL.height,
  });
  const curvesOf = (/** @type {Growth} */ { axis, costs }) =>
    contestants.map(({ name, label }) => ({
      label,
      color: COLORS[/** @type {keyof typeof COLORS} */ (name)],
      points: axis.values.map(
        (value, i) => /** @type {const} */ ([positionOf(axis, value), costs[i]?.[name] ?? Number.NaN]),
      ),
    }));
  const panels = growths.map((growth, i) => {
    const { left, top } = placeOf(i);
    const curves = curvesOf(growth);
    return linePlot({
      box: {
        left: left + MARGIN.left,
        top: top + MARGIN.top,
        right: left + PANEL.width - MARGIN.right,
        bottom: top + PANEL.height - MARGIN.bottom,
      },
      curves,
      xTicks: growth.axis.values.map((value) => ({ at: positionOf(growth.axis, value), label: String(value) })),
      yTicks: millisecondTicks(Math.max(...curves.flatMap(({ points }) => points.map(([, ms]) => ms)))),
      xTitle: growth.axis.title,
    });
  });
  const free = placeOf(growths.length);
  const rowsOfPanels = Math.ceil((growths.length + 1) / COLUMNS);
  await writeChart(
    file,
    { width: COLUMNS * PANEL.width, height: rowsOfPanels * PANEL.height },
    ...panels,
    legend(growths.slice(0, 1).flatMap(curvesOf), free.left + MARGIN.left, free.top + MARGIN.top),
  );
}

const positionOf = (/** @type {Axis} */ { isLogarithmic }, /** @type {number} */ value) =>
  isLogarithmic ? Math.log2(value) : value;

/** From 0 to beyond the most, in about five steps of 1, 2 or 5 times a power of ten. */
function millisecondTicks(/** @type {number} */ most) {
  const power = 10 ** Math.floor(Math.log10(most / 5));
  const step = ([1, 2, 5, 10].find((factor) => factor * power * 5 >= most) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => ({ at: i * step, label: `${i * step} ms` }));
}
