// npm run bench: everything that BENCHMARKS.md says of speed and memory, measured in rounds: ours and the peer, each time in a fresh
// process. Prints a table and writes it there.
//
//   --only ROW,…     rows of the table by their names or how these begin, as small or vit-small-onnx; the others stay as they are
//   --rounds N       3, of about half an hour each on two cores
//   --steps N        steps to time in a process, other than the row's own number
//   --warmup N       steps before that
//   --growth         how the cost of a step grows, instead of the table (a round takes about six minutes); --only then names what
//                    grows, and nothing is written
//   --peer lightly-train   a whole training beside lightly-train's, instead of the other rows
//   --dry-run        leave BENCHMARKS.md as it is
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeCases, onlyNamed, trainingCase } from './cases.mjs';
import { engineReports, formsOf, usesGpu } from './contestants.mjs';
import { measureGrowth } from './growth.mjs';
import { HEADINGS, judge } from './judge.mjs';
import { processorHere } from './machine.mjs';
import { measure, measureInTurn } from './measure.mjs';
import { lightlyPython, torchPython } from './peerEnvironments.mjs';
import { circumstances, conditions, mergedRows, readSection, table, writeSection } from './report.mjs';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./judge.mjs').Round} Round */
/** @typedef {import('./measure.mjs').Measurement} Measurement */

/** Load a core, before the start, from which on other programs' work spoils the figures. */
const BUSY = 0.5;

/** Name of the peer beside those of entries. */
const PEER = 'peer';

/** Which peer: what `--peer` takes. */
const PYTORCH = 'pytorch';
const LIGHTLY = 'lightly-train';

async function main() {
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string' },
      warmup: { type: 'string' },
      growth: { type: 'boolean', default: false },
      peer: { type: 'string', default: PYTORCH },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const rounds = count('--rounds', options.rounds);
  const only = options.only?.split(',');
  const isLightly = options.peer === LIGHTLY;
  if (!isLightly && options.peer !== PYTORCH)
    throw new Error(`--peer is ${options.peer}, but must be ${PYTORCH} or ${LIGHTLY}.`);
  const repetitions = {
    ...(options.steps !== undefined && { steps: count('--steps', options.steps) }),
    ...(options.warmup !== undefined && { warmup: count('--warmup', options.warmup) }),
  };
  const python = await (isLightly ? lightlyPython() : torchPython());
  const engines = await engineReports();
  const forms = formsOf(engines);
  const load = os.loadavg()[0] ?? 0;
  if (load > BUSY * os.availableParallelism()) {
    console.warn(`The machine is busy (load average ${load.toFixed(1)}): these figures will not be worth much.`);
  }
  const here = conditions(await processorHere(), python, engines);
  const when = circumstances(rounds, load);
  console.log(`${here}\n`);

  if (options.growth) {
    const reports = measureGrowth({ python, forms, rounds, ...repetitions, ...(only && { only }) });
    for await (const { table, figure, draw } of reports) {
      console.log(`\n${table}\n`);
      if (options['dry-run'] || only) continue;
      await draw();
      writeSection('growth', `![How the cost of a step grows](${figure})\n\n${table}\n\n${here} ${when}.`);
    }
    return;
  }

  const cases = makeCases({
    python,
    forms,
    onAmd: os.cpus().some(({ model }) => model.startsWith('AMD')),
    onGpu: usesGpu(engines),
    ...repetitions,
  });
  const training = trainingCase({ forms, ...(isLightly && { python }) });
  const order = [...cases, training].flatMap(({ entries }) => entries.map(({ id }) => id));
  const headings = [...HEADINGS, 'measured'];
  /** @type {string[][]} */
  const rows = [];
  const compared = isLightly ? [training] : cases;
  for (const one of only ? onlyNamed(compared, only) : compared) {
    for (const { cells } of judge(one, await measureCase(one, rounds))) rows.push([...cells, when]);
    if (options['dry-run']) continue;
    // After each case: an hour's work is not lost when the next one fails.
    const all = mergedRows(readSection('table'), here, rows, order);
    writeSection('table', `${table(headings, all)}\n\n${here}`);
  }
  console.log(`\n${table(headings, rows)}`);
}

/** @returns {number} */
function count(/** @type {string} */ flag, /** @type {string} */ text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`${flag} is ${text}, but must be a whole number, at least 1.`);
  }
  return value;
}

/** @returns {Promise<Round[]>} */
async function measureCase(
  /** @type {Case} */ { work, prepare, entries, peer, stepsOfTurn },
  /** @type {number} */ rounds,
) {
  console.log(work);
  await prepare?.();
  /** @type {Round[]} */
  const measured = [];
  for (let round = 1; round <= rounds; round++) {
    const scratch = await mkdtemp(path.join(os.tmpdir(), 'dino-bench-'));
    try {
      const commands = Object.fromEntries(entries.map(({ id, command }) => [id, command(scratch)]));
      if (peer) commands[PEER] = peer;
      const say = (/** @type {string} */ name, /** @type {Measurement} */ measurement) =>
        console.log(`  round ${round}, ${name}: ${said(measurement)}`);
      const { [PEER]: theirs, ...ours } = await (stepsOfTurn === undefined
        ? measureApart(commands, say)
        : measureInTurn(commands, stepsOfTurn, say));
      measured.push({ ours, ...(theirs && { peer: theirs }) });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  return measured;
}

/**
 * One after the other, each by itself.
 * @param {Readonly<Record<string, import('./measure.mjs').Command>>} commands by name
 * @param {(name: string, measurement: Measurement) => void} say
 * @returns {Promise<Record<string, Measurement>>}
 */
async function measureApart(commands, say) {
  /** @type {Record<string, Measurement>} */
  const measurements = {};
  for (const [name, command] of Object.entries(commands)) {
    const measurement = await measure(command);
    say(name, measurement);
    measurements[name] = measurement;
  }
  return measurements;
}

/** @returns {string} */
function said(
  /** @type {import('./measure.mjs').Measurement} */ { images_per_s, runs_as, first_step_ms, peak_rss_mb },
) {
  return [
    images_per_s === undefined ? [] : `${images_per_s.toFixed(2)} images/s`,
    runs_as ?? [],
    first_step_ms === undefined ? [] : `first step after ${(first_step_ms / 1000).toFixed(1)} s`,
    peak_rss_mb === undefined ? [] : `${peak_rss_mb.toFixed(0)} MB`,
  ]
    .flat()
    .join(', ');
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
