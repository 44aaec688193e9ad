// npm run bench:import: how long `dino import` of a ViT-B takes, and its memory, beside torch.load.
// DINO_TORCH_PYTHON names a Python that has PyTorch: it writes the file, and is measured on it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const ROUNDS = 3;
const POLL_MS = 5;
/** The goal: seconds, and memory in sizes of the file. */
const MOST = { seconds: 3, sizes: 1.2 };

const python = process.env['DINO_TORCH_PYTHON'];
if (python === undefined) {
  console.error('DINO_TORCH_PYTHON must name a Python that has PyTorch.');
  process.exit(1);
}
const folder = mkdtempSync(path.join(tmpdir(), 'dino-import-'));
const file = path.join(folder, 'vit_b.pth');
const peer = (/** @type {string} */ command) => {
  const { status, stdout, stderr } = spawnSync(python, ['test/bench/peer_load.py', command, file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

/** Seconds, and the most memory that the process has had (Linux alone says it while it runs). */
function measure(/** @type {string} */ out) {
  const started = performance.now();
  const child = spawn(process.execPath, ['dist/cli.cjs', 'import', file, '--out', out, '--json'], { stdio: 'ignore' });
  let peak = 0;
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
      if (code === 0) resolve({ seconds: (performance.now() - started) / 1000, peak });
      else reject(new Error(`dino import ended by exit code ${code}`));
    });
  });
}

try {
  peer('make');
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(path.join(folder, `out${round}`)));
  const theirs = JSON.parse(peer('load').trim().split('\n').at(-1) ?? '');
  const seconds = Math.min(...rounds.map((round) => round.seconds));
  const peak = Math.max(...rounds.map((round) => round.peak));
  const mb = (/** @type {number} */ bytes) => `${Math.round(bytes / 1e6)} MB`;
  const ratio = peak / theirs.bytes;
  console.log(`ViT-B, ${mb(theirs.bytes)} .pth`);
  console.log(
    `dino import  ${seconds.toFixed(2)} s from start to end, checksum and writing included; peak ${mb(peak)} (${ratio.toFixed(2)} times the file)`,
  );
  console.log(
    `torch.load   ${theirs.seconds.toFixed(2)} s without starting Python; peak ${mb(theirs.peak)} (${mb(theirs.beforeLoading)} before)`,
  );
  const isMet = seconds < MOST.seconds && ratio <= MOST.sizes;
  console.log(`goal: under ${MOST.seconds} s and ${MOST.sizes} times its size: ${isMet ? 'met' : 'not met'}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
