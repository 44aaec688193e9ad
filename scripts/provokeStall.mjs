// node scripts/provokeStall.mjs: a real training that is held up in the middle, until the diagnosis calls it stalled (about two minutes).
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from './setup.mjs';

const limitMs = 180_000;
const cli = path.join(root, 'dist', 'cli.cjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'dino-stall-'));
const images = path.join(root, 'node_modules', 'emoji-datasource-twitter', 'img', 'twitter', '64');
const tiny = ['embed_dim=48', 'depth=2', 'num_heads=3', 'patch_size=8', 'image_size=32', 'local_size=16', 'out_dim=96'];
const settings = [...tiny, 'head_hidden_dim=64', 'head_bottleneck_dim=32', 'batch_size=8', 'epochs=1000'];

async function diagnosis() {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'runs', folder, '--json']);
  const [run] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}').runs ?? [];
  return run;
}

const arguments_ = ['train', images, '--out', path.join(folder, 'run'), ...settings.flatMap((one) => ['--set', one])];
const training = spawn(process.execPath, [cli, ...arguments_], { stdio: 'ignore' });
try {
  const end = Date.now() + limitMs;
  while (((await diagnosis())?.step ?? 0) < 40 && Date.now() < end) await delay(1000);
  training.kill('SIGSTOP');
  console.log('Held up.');
  while ((await diagnosis())?.diagnosis.kind !== 'stalled' && Date.now() < end) await delay(5000);
  const { kind, finding, remedy } = (await diagnosis()).diagnosis;
  console.log(`${finding}\n${remedy}`);
  if (kind !== 'stalled') throw new Error(`It is called ${kind}, not stalled.`);
  training.kill('SIGCONT');
  while ((await diagnosis()).diagnosis.kind === 'stalled' && Date.now() < end) await delay(1000);
  console.log(`It goes on: ${(await diagnosis()).diagnosis.finding}`);
} finally {
  training.kill('SIGCONT');
  training.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
