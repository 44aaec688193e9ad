// npm run bench: a training step of `dino bench` beside the same step in PyTorch, measured alternately, each time in a fresh process.
// Prints a table and writes it into the case's marked section of BENCHMARKS.md (--dry-run leaves the file alone).
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { root } from '../../scripts/setup.mjs';
import { torchPython } from './torchEnvironment.mjs';

/**
 * What is measured, by its marked section in BENCHMARKS.md. The settings are the run's own; the peer's flags follow from them.
 * @type {Record<string, { title: string, settings: Record<string, number> }>}
 */
const CASES = {
  'small-crops': {
    title: 'ViT of width 192, depth 6, patch 4, on 2 x 32 and 4 x 16 pixels',
    settings: {
      embed_dim: 192,
      depth: 6,
      num_heads: 3,
      patch_size: 4,
      image_size: 32,
      local_size: 16,
      local_crops_number: 4,
      batch_size: 16,
      out_dim: 1024,
      head_hidden_dim: 512,
      head_bottleneck_dim: 128,
      drop_path_rate: 0.1,
    },
  },
  'vit-small': {
    title: 'ViT-S/16 on 2 x 224 and 8 x 96 pixels',
    settings: {
      embed_dim: 384,
      depth: 12,
      num_heads: 6,
      patch_size: 16,
      image_size: 224,
      local_size: 96,
      local_crops_number: 8,
      batch_size: 4,
      out_dim: 65536,
      head_hidden_dim: 2048,
      head_bottleneck_dim: 256,
      drop_path_rate: 0.1,
    },
  },
};

/** The peer's name of each setting. @type {Record<string, string>} */
const PEER_FLAGS = {
  embed_dim: '--dim',
  depth: '--depth',
  num_heads: '--heads',
  patch_size: '--patch',
  image_size: '--image-size',
  local_size: '--local-size',
  local_crops_number: '--local-crops',
  batch_size: '--batch',
  out_dim: '--out-dim',
  head_hidden_dim: '--hidden',
  head_bottleneck_dim: '--bottleneck',
  drop_path_rate: '--drop-path',
};

/** @typedef {{ ms_per_step: number, images_per_s: number, peak_rss_mb: number }} Measurement */
/** @typedef {Measurement & { engine: string, crops_per_s: number, crops_per_s_eaten: number, crops_ratio: number }} Ours */
/** @typedef {Measurement & { torch: string, threads: number, idle_rss_mb: number }} Peer */

/** Load a core, before the start, from which on other programs' work spoils the figures. */
const BUSY = 0.5;

const cli = path.join(root, 'dist', 'cli.cjs');
const peerScript = fileURLToPath(new URL('peer_torch.py', import.meta.url));
const report = path.join(root, 'BENCHMARKS.md');

async function main() {
  const { values: options } = parseArgs({
    options: {
      case: { type: 'string', default: 'small-crops' },
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '20' },
      warmup: { type: 'string', default: '3' },
      engine: { type: 'string', default: 'onnx' },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const chosen = CASES[options.case];
  if (!chosen) throw new Error(`--case is ${options.case}, but must be one of ${Object.keys(CASES).join(', ')}.`);
  const rounds = count('--rounds', options.rounds, 3);
  const repetitions = [
    '--steps',
    String(count('--steps', options.steps, 1)),
    '--warmup',
    String(count('--warmup', options.warmup, 1)),
  ];

  const settings = Object.entries(chosen.settings);
  const ourArguments = [
    ...[cli, 'bench', '--json', '--engine', options.engine, ...repetitions],
    ...settings.flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    // Like the peer's: a step past the epochs in which the prototypes are kept fixed.
    ...['--set', 'freeze_last_layer=0'],
  ];
  const peerArguments = [
    ...[peerScript, ...repetitions, '--threads', String(os.availableParallelism())],
    ...settings.flatMap(([key, value]) => [peerFlag(key), String(value)]),
  ];
  const python = await torchPython();

  const load = os.loadavg()[0] ?? 0;
  if (load > BUSY * os.availableParallelism()) {
    console.warn(`The machine is busy (load average ${load.toFixed(1)}): these figures will not be worth much.`);
  }
  console.log(`${chosen.title}: ${rounds} rounds`);
  /** @type {Ours[]} */
  const ours = [];
  /** @type {Peer[]} */
  const peer = [];
  for (let round = 1; round <= rounds; round++) {
    const mine = /** @type {Ours} */ (await measure(process.execPath, ourArguments));
    const theirs = /** @type {Peer} */ (await measure(python, peerArguments));
    ours.push(mine);
    peer.push(theirs);
    console.log(
      `  round ${round}: dino ${mine.ms_per_step.toFixed(1)} ms, PyTorch ${theirs.ms_per_step.toFixed(1)} ms, ` +
        `ratio ${(mine.ms_per_step / theirs.ms_per_step).toFixed(3)}`,
    );
  }

  const table = resultTable(ours, peer);
  const pipeline = pipelineSentence(ours);
  console.log(`\n${table}\n\n${pipeline}`);
  if (options['dry-run']) return;
  const section = [
    `Batch ${chosen.settings['batch_size']}, K ${chosen.settings['out_dim']}, head ${chosen.settings['head_hidden_dim']} and ${chosen.settings['head_bottleneck_dim']}, float32.`,
    '',
    table,
    '',
    pipeline,
    '',
    conditions(ours, peer, rounds, load),
    '',
    `Made by \`npm run bench -- --case ${options.case} --rounds ${rounds} ${repetitions.join(' ')} --engine ${options.engine}\`.`,
  ].join('\n');
  writeFileSync(report, withSection(readFileSync(report, 'utf8'), options.case, section));
  console.log(`\nWritten to ${path.relative(root, report)}.`);
}

function count(/** @type {string} */ flag, /** @type {string} */ text, /** @type {number} */ least) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${flag} is ${text}, but must be a whole number, at least ${least}.`);
  return value;
}

function peerFlag(/** @type {string} */ key) {
  const flag = PEER_FLAGS[key];
  if (!flag) throw new Error(`The peer has no flag for the setting ${key}; add it to PEER_FLAGS.`);
  return flag;
}

/** Runs a program to its end and reads the JSON object on the last line of its output. @returns {Promise<Measurement>} */
async function measure(/** @type {string} */ program, /** @type {string[]} */ args) {
  const { stdout } = await promisify(execFile)(program, args, { cwd: root, maxBuffer: 2 ** 24 }).catch((error) => {
    const how = error.signal ? `was ended by ${error.signal}` : `ended with ${error.code}`;
    throw new Error(`${path.basename(args[0] ?? program)} ${how}: ${error.stderr?.trim() || 'it said nothing'}`);
  });
  /** @type {Measurement} */
  const measured = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  for (const key of /** @type {const} */ (['ms_per_step', 'images_per_s', 'peak_rss_mb'])) {
    if (!Number.isFinite(measured[key])) throw new Error(`${path.basename(args[0] ?? program)} printed no ${key}.`);
  }
  return measured;
}

function median(/** @type {number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** Medians over the rounds; a ratio is taken within its round, where both met the same machine, and the median of those is shown. */
function resultTable(/** @type {Ours[]} */ ours, /** @type {Peer[]} */ peer) {
  const row = (/** @type {string} */ what, /** @type {keyof Measurement} */ key) => {
    const ratios = ours.map((one, i) => one[key] / (peer[i]?.[key] ?? Number.NaN));
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const middle = (/** @type {Measurement[]} */ all) => median(all.map((one) => one[key])).toFixed(1);
    return `| ${what} | ${middle(ours)} | ${middle(peer)} | ${median(ratios).toFixed(3)} | ${spread} |`;
  };
  return [
    '| median of the rounds | dino | PyTorch eager | ratio | ratio in a round |',
    '|---|---|---|---|---|',
    row('ms a step', 'ms_per_step'),
    row('images a second', 'images_per_s'),
    row('peak memory, MB', 'peak_rss_mb'),
  ].join('\n');
}

/** Whether crops are made as fast as the step eats them. */
function pipelineSentence(/** @type {Ours[]} */ ours) {
  const middle = (/** @type {'crops_per_s' | 'crops_per_s_eaten' | 'crops_ratio'} */ key) =>
    median(ours.map((one) => one[key]));
  return (
    `The input pipeline alone makes ${middle('crops_per_s').toFixed(0)} crops a second, ` +
    `${middle('crops_ratio').toFixed(2)} times the ${middle('crops_per_s_eaten').toFixed(0)} that the step eats.`
  );
}

/** Everything that a reader needs to know to measure the same. */
function conditions(
  /** @type {Ours[]} */ ours,
  /** @type {Peer[]} */ peer,
  /** @type {number} */ rounds,
  /** @type {number} */ load,
) {
  const cpus = os.cpus();
  const [mine, theirs] = [ours[0], peer[0]];
  return [
    `${cpus[0]?.model.trim() ?? 'unknown processor'}, ${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.arch()};`,
    `Node ${process.versions.node}, engine ${mine?.engine}; PyTorch ${theirs?.torch}, ${theirs?.threads} threads`,
    `(Python and PyTorch alone take ${theirs?.idle_rss_mb} MB of its memory);`,
    `${rounds} rounds of one fresh process each in turn, load average ${load.toFixed(1)} before, ${new Date().toISOString().slice(0, 10)}.`,
  ].join(' ');
}

/** The text with what lies between the section's two markers replaced. */
function withSection(/** @type {string} */ text, /** @type {string} */ name, /** @type {string} */ body) {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`BENCHMARKS.md lacks the markers ${begin} and ${end}.`);
  return `${text.slice(0, from + begin.length)}\n${body}\n${text.slice(to)}`;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
