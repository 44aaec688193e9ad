// BENCHMARKS.md and EXPERIMENTS.md: sections between markers that the benchmarks write, and what a reader needs to know to measure the same.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root } from '../../scripts/setup.mjs';

/** @typedef {import('./contestants.mjs').EngineReport} EngineReport */

const report = path.join(root, 'BENCHMARKS.md');
export const experiments = path.join(root, 'EXPERIMENTS.md');

/** Machine and versions: measurements under equal conditions may stand in one table. */
export function conditions(
  /** @type {string} */ processor,
  /** @type {string} */ python,
  /** @type {readonly EngineReport[]} */ engines,
) {
  const measured = engines.filter(({ name, available }) => available && name !== 'eager');
  const libraries = ['torch', 'torchvision', 'PIL'];
  const script = `import ${libraries}; print(*[m.__version__ for m in (${libraries})])`;
  const { stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  const [torch, torchvision, pillow] = stdout.trim().split(' ');
  return (
    `${processor}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.arch()}; Node ${process.versions.node}, ` +
    `${measured.map(({ version }) => version).join(', ')}; PyTorch ${torch} with ${os.availableParallelism()} threads, ` +
    `torchvision ${torchvision}, Pillow ${pillow}.`
  );
}

/** When, how often, and how busy the machine was. */
export const circumstances = (/** @type {number} */ rounds, /** @type {number} */ load) =>
  `${new Date().toISOString().slice(0, 10)}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, load ${load.toFixed(1)}`;

export const table = (/** @type {readonly string[]} */ headings, /** @type {readonly (readonly string[])[]} */ rows) =>
  [headings, headings.map(() => '---'), ...rows].map(lineOf).join('\n');

const lineOf = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;

/**
 * The new rows, and those of the old section that were not measured again. Old rows go when they were measured under other conditions.
 * @param {string} old text of the section
 * @param {string} here the conditions of the new rows
 * @param {readonly (readonly string[])[]} rows the first cell is the row's id
 * @param {readonly string[]} order ids of all rows
 * @returns {(readonly string[])[]}
 */
export function mergedRows(old, here, rows, order) {
  const kept = old.includes(here) ? old.split('\n').filter((line) => line.startsWith('| ')) : [];
  const known = [...kept.map((line) => line.slice(2, -2).split(' | ')), ...rows];
  const byId = new Map(known.map((cells) => [cells[0], cells]));
  return order.flatMap((id) => {
    const cells = byId.get(id);
    return cells ? [cells] : [];
  });
}

export const readSection = (/** @type {string} */ name) => {
  const { text, from, to } = sectionOf(name);
  return text.slice(from, to);
};

export function writeSection(/** @type {string} */ name, /** @type {string} */ body, file = report) {
  const { text, from, to } = sectionOf(name, file);
  writeFileSync(file, `${text.slice(0, from)}\n${body}\n${text.slice(to)}`);
}

/** Where the section lies between its two markers. */
function sectionOf(/** @type {string} */ name, file = report) {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path.basename(file)} lacks the markers ${begin} and ${end}.`);
  return { text, from: from + begin.length, to };
}
