// Images a second of a whole training, from files on: `dino train` on a folder, its first epoch not timed. The last line of stdout is JSON.
//
//   node trainingSpeed.mjs --data FOLDER --engine onnx
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root, run } from '../../scripts/setup.mjs';
import { TRAINING } from './trainings.mjs';

/** ViT-Ti/16 on 2x224 + 6x96, as `peer_lightly.py` trains it. */
const SETTINGS = {
  ...{ method: 'dino', arch: 'vit_tiny', patch_size: 16, image_size: 224, local_size: 96 },
  ...TRAINING,
};

async function main() {
  const { values } = parseArgs({ options: { data: { type: 'string' }, engine: { type: 'string' } } });
  if (!values.data || !values.engine) throw new Error('Give --data and --engine.');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dino-training-'));
  try {
    const out = path.join(folder, 'run');
    const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const cli = path.join(root, 'dist', 'cli.cjs');
    await run(process.execPath, [cli, 'train', values.data, '--out', out, '--engine', values.engine, ...settings]);
    const lines = (await readFile(path.join(out, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    const steps = lines.map((line) => JSON.parse(line)).filter(({ loss }) => loss !== undefined);
    const timed = steps.filter(({ epoch }) => epoch > 0);
    const start = steps[steps.length - timed.length - 1].time;
    const seconds = (timed.at(-1).time - start) / 1000;
    const images_per_s = (SETTINGS.batch_size * timed.length) / seconds;
    console.log(JSON.stringify({ images_per_s, steps: steps.length }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
