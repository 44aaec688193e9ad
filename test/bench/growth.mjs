// How the cost of a step grows with the batch, the images, the network, the crops and the prototypes: one of them is changed at a time.
import path from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { dinoCommand, FORMS, SMALL, torchCommand } from './contestants.mjs';
import { drawGrowth } from './growthChart.mjs';
import { measure, median } from './measure.mjs';
import { table } from './report.mjs';

/** @typedef {import('./contestants.mjs').Form} Form */
/** @typedef {import('./contestants.mjs').Settings} Settings */

/**
 * What grows: the values that are tried, in a network and crops that otherwise are SMALL.
 * @typedef {{ name: string, title: string, values: readonly number[], settings: (value: number) => Settings, isLogarithmic?: boolean }} Axis
 * @type {readonly Axis[]}
 */
const AXES = [
  { name: 'batch', title: 'batch', values: [8, 16, 32, 64], settings: (batch_size) => ({ batch_size }) },
  {
    name: 'resolution',
    title: 'pixels of a global crop, twice a local one',
    values: [32, 48, 64, 96],
    settings: (image_size) => ({ image_size, local_size: image_size / 2 }),
  },
  { name: 'depth', title: 'blocks', values: [3, 6, 9, 12], settings: (depth) => ({ depth }) },
  {
    name: 'crops',
    title: 'local crops',
    values: [2, 4, 6, 8],
    settings: (local_crops_number) => ({ local_crops_number }),
  },
  {
    name: 'K',
    title: 'K, the prototypes',
    values: [1024, 4096, 16384, 65536],
    settings: (out_dim) => ({ out_dim }),
    isLogarithmic: true,
  },
];

const USUAL = { steps: 5, warmup: 2 };

/** Milliseconds a step at each value of an axis. @typedef {{ axis: Axis, costs: readonly Record<string, number>[] }} Growth */

/** A table and a figure of what has been measured so far. figure: where `draw` draws it, from the repository. @typedef {{ table: string, figure: string, draw: () => Promise<void> }} Report */

/**
 * Tells of each axis when it has been measured, with those before it.
 * @param {{ python: string, forms: readonly Form[], rounds: number, steps?: number, warmup?: number, only?: readonly string[] }} options
 * @returns {AsyncGenerator<Report>}
 * @throws Error when `only` names what is not measured
 */
export async function* measureGrowth({ python, forms, rounds, steps, warmup, only }) {
  const repetitions = { steps: steps ?? USUAL.steps, warmup: warmup ?? USUAL.warmup };
  // On a processor no run is compiled by XLA unless it is asked for, and compiling takes longer than all else here.
  const measured = forms.filter((form) => form !== 'xla');
  /** The point where all axes meet is measured once. @type {Map<string, Record<string, number>>} */
  const known = new Map();
  const costAt = async (/** @type {Settings} */ settings) => {
    const key = JSON.stringify(settings);
    const cost = known.get(key) ?? (await stepCosts(settings));
    known.set(key, cost);
    return cost;
  };
  const stepCosts = async (/** @type {Settings} */ settings) => {
    const contestants = [
      ...measured.map((form) => ({
        name: /** @type {string} */ (form),
        command: dinoCommand(settings, form, repetitions),
      })),
      { name: 'torch', command: torchCommand(python, settings, repetitions) },
    ];
    /** @type {Record<string, number[]>} */
    const times = Object.fromEntries(contestants.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, command } of contestants) {
        times[name]?.push((await measure(command)).ms_per_step ?? Number.NaN);
      }
    }
    return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
  };

  /** @type {Growth[]} */
  const growths = [];
  for (const axis of chosenAxes(only)) {
    const costs = [];
    for (const value of axis.values) {
      const cost = await costAt({ ...SMALL, ...axis.settings(value) });
      console.log(
        `  ${axis.name} ${value}: ${Object.entries(cost)
          .map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`)
          .join(', ')}`,
      );
      costs.push(cost);
    }
    growths.push({ axis, costs });
    yield reportOf(growths, measured);
  }
}

/** @returns {Report} */
function reportOf(/** @type {readonly Growth[]} */ growths, /** @type {readonly Form[]} */ forms) {
  const contestants = [
    ...forms.map((form) => ({ name: form, label: FORMS[form].label })),
    { name: 'torch', label: 'PyTorch' },
  ];
  const rows = growths.flatMap(({ axis, costs }) =>
    axis.values.map((value, i) => [
      axis.title,
      String(value),
      ...contestants.map(({ name }) => (costs[i]?.[name] ?? Number.NaN).toFixed(1)),
    ]),
  );
  const figure = 'media/growth.png';
  return {
    table: table(['what grows', 'value', ...contestants.map(({ label }) => `${label}, ms a step`)], rows),
    figure,
    draw: () => drawGrowth(growths, contestants, path.join(root, figure)),
  };
}

function chosenAxes(/** @type {readonly string[] | undefined} */ only) {
  const unknown = only?.find((name) => !AXES.some((axis) => axis.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only names ${unknown}, but what grows is ${AXES.map(({ name }) => name).join(', ')}.`);
  }
  return AXES.filter(({ name }) => only?.includes(name) ?? true);
}
