// npm run bench:suggest: what `dino suggest` says a run will take, beside what it then takes: seconds, and memory at its peak.
// Each case is a suggestion, the run, and both again: they meet the same machine. -- --only NAME,... selects cases.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { processorHere } from './machine.mjs';

const CLI = process.env['DINO_CLI'] ?? 'dist/cli.cjs';
const IMAGES = 'node_modules/emoji-datasource-twitter/img/twitter/64';
const POLL_MS = 20;
/** The goal: at most so far off. */
const MOST = 0.2;

/** @type {{ name: string, images: number, args: string[] }[]} */
const CASES = [
  // The preset that is chosen for up to 10,000 images.
  {
    name: 'dinov2-few-images-onnx',
    images: 640,
    args: ['--preset', 'dinov2-few-images', '--engine', 'onnx', '--set', 'epochs=20'],
  },
  {
    name: 'dinov2-few-images-tensorflow-32',
    images: 640,
    args: ['--preset', 'dinov2-few-images', '--engine', 'tensorflow', '--set', 'epochs=20', '--set', 'batch_size=32'],
  },
  { name: 'few-images-onnx', images: 640, args: ['--preset', 'few-images', '--engine', 'onnx', '--set', 'epochs=8'] },
  {
    name: 'few-images-tensorflow-32',
    images: 640,
    args: ['--preset', 'few-images', '--engine', 'tensorflow', '--set', 'epochs=16', '--set', 'batch_size=32'],
  },
  { name: 'small-data-onnx', images: 320, args: ['--preset', 'small-data', '--engine', 'onnx', '--set', 'epochs=3'] },
  {
    name: 'small-data-tensorflow-32',
    images: 320,
    args: ['--preset', 'small-data', '--engine', 'tensorflow', '--set', 'epochs=5', '--set', 'batch_size=32'],
  },
  {
    name: 'tiny-onnx-4',
    images: 120,
    args: ['--preset', 'tiny', '--engine', 'onnx', '--set', 'epochs=1', '--set', 'batch_size=4'],
  },
  {
    name: 'small-tensorflow-4',
    images: 80,
    args: ['--preset', 'small', '--engine', 'tensorflow', '--set', 'epochs=1', '--set', 'batch_size=4'],
  },
];

/** Runs `dino`. @returns {Promise<{ seconds: number, peak: number, answer: any }>} `peak` in bytes (Linux alone says it while it runs) */
function dino(/** @type {string[]} */ args) {
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr, peak] = ['', '', 0];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }, POLL_MS);
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      clearInterval(timer);
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, peak, answer: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') });
      else reject(new Error(stderr));
    });
  });
}

const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const off = (/** @type {number} */ said, /** @type {number} */ taken) =>
  `${said > taken ? '+' : ''}${(100 * (said / taken - 1)).toFixed(0)} %`;

const at = process.argv.indexOf('--only');
const only = at < 0 ? undefined : process.argv[at + 1]?.split(',');
const folder = mkdtempSync(path.join(tmpdir(), 'dino-suggest-'));
try {
  console.log('| run | time: said, taken | off | peak memory: said, taken | off | without measuring: memory | load |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const { name, images, args } of CASES.filter(({ name }) => only?.includes(name) ?? true)) {
    const data = path.join(folder, `images-${images}`);
    for (const file of readdirSync(IMAGES).slice(0, images)) cpSync(path.join(IMAGES, file), path.join(data, file));
    const run = (/** @type {number} */ round) =>
      dino(['train', data, '--out', path.join(folder, `${name}-${round}`), ...args]);
    const suggestion = async () => (await dino(['suggest', data, ...args])).answer;
    const [before, first, answer, second] = [await suggestion(), await run(1), await suggestion(), await run(2)];
    const [seconds, peak] = [mean([first.seconds, second.seconds]), Math.max(first.peak, second.peak)];
    const said = {
      seconds: mean([before.seconds, answer.seconds]),
      memory: Math.max(before.memory, answer.memory),
    };
    const isMet = Math.abs(said.seconds / seconds - 1) <= MOST && Math.abs(said.memory / peak - 1) <= MOST;
    const mb = (/** @type {number} */ bytes) => `${Math.round(bytes / 1e6)} MB`;
    const s = (/** @type {number[]} */ ...values) => values.map((value) => `${value.toFixed(0)} s`).join(' and ');
    const cells = [
      name,
      `${s(said.seconds)} (${s(before.seconds, answer.seconds)}), ${s(seconds)} (${s(first.seconds, second.seconds)})`,
      off(said.seconds, seconds),
      `${mb(said.memory)}, ${mb(peak)}`,
      off(said.memory, peak),
      `${mb(answer.estimated.memory)}, ${off(answer.estimated.memory, peak)}`,
      loadavg()[0]?.toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
    if (!isMet) process.exitCode = 1;
  }
  console.log(`\n${await processorHere()}; goal: within ${100 * MOST} %`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
