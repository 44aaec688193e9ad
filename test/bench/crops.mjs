// npm run bench:crops: pictures a second that the crop pool turns into 2 x 224 and 8 x 96 pixels, beside torchvision on the same pictures,
// in turn, each time in a fresh process.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import sharp from 'sharp';
import { root } from '../../scripts/setup.mjs';
import { torchPython } from './torchEnvironment.mjs';

const photographs = [
  'acanthus-mollis',
  'airplane-from-above',
  'allium-oreophilum',
  'black-canyon',
  'french-alpine-landscape',
  'locomotion-house-cat',
  'march-pastoral',
  'nagasaki-boats',
];
const PICTURES = 200;
const [WIDTH, HEIGHT] = [500, 375];

const ours = path.join(root, 'dist', 'test', 'bench', 'makeCrops.cjs');
const peer = fileURLToPath(new URL('peer_torchvision.py', import.meta.url));

/**
 * CPU time stays comparable on a busy machine; the peer's is of one thread, without the loader's part.
 * @typedef {{ images_per_s: number, cpu_ms_per_image: number }} Measurement
 */

async function main() {
  const { values: options } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      workers: { type: 'string', default: '2' },
      batch: { type: 'string', default: '10' },
    },
  });
  for (const [name, value] of Object.entries(options)) {
    if (!/^[1-9]\d*$/.test(value)) throw new Error(`--${name} is ${value}, but must be a whole number, at least 1.`);
  }
  const data = path.join(root, '.cache', 'bench-crops');
  if (!existsSync(path.join(data, `${PICTURES - 1}.jpg`))) await makePictures(data);
  const args = ['--data', data, '--workers', options.workers, '--batch', options.batch];
  const python = await torchPython();
  const load = os.loadavg()[0] ?? 0;
  console.log(
    `${PICTURES} JPEGs of ${WIDTH} x ${HEIGHT} to 2 x 224 and 8 x 96 pixels, ${options.workers} workers, load average ${load.toFixed(1)}`,
  );
  /** @type {Measurement[][]} */
  const rounds = [];
  while (rounds.length < Number(options.rounds)) {
    const decoding = await measure(process.execPath, [ours, ...args]);
    const cached = await measure(process.execPath, [ours, ...args, '--cache-mb', '512']);
    const theirs = await measure(python, [peer, ...args]);
    rounds.push([decoding, cached, theirs]);
    console.log(
      `  round ${rounds.length}: dino ${described(decoding)}, from the cache ${described(cached)}, torchvision ${described(theirs)}; ` +
        `ratio ${(decoding.images_per_s / theirs.images_per_s).toFixed(2)}`,
    );
  }
  const ratio = (/** @type {number} */ which, /** @type {keyof Measurement} */ key) =>
    median(rounds.map((round) => (round[which]?.[key] ?? Number.NaN) / (round[2]?.[key] ?? Number.NaN))).toFixed(2);
  console.log(
    `median ratio to torchvision: ${ratio(0, 'images_per_s')} times its images/s (${ratio(1, 'images_per_s')} from the cache), ` +
      `${ratio(0, 'cpu_ms_per_image')} of its CPU time`,
  );
}

function described(/** @type {Measurement} */ { images_per_s, cpu_ms_per_image }) {
  return `${images_per_s.toFixed(1)} images/s (CPU ${cpu_ms_per_image.toFixed(1)} ms an image)`;
}

/** Runs a program to its end and reads the JSON object that it prints. @returns {Promise<Measurement>} */
async function measure(/** @type {string} */ program, /** @type {string[]} */ args) {
  const { stdout } = await promisify(execFile)(program, args, { cwd: root }).catch((error) => {
    throw new Error(`${path.basename(args[0] ?? program)} failed: ${error.stderr?.trim() || error.message}`);
  });
  return JSON.parse(stdout);
}

function median(/** @type {number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

/** Windows of photographs, each another one, at the size and about the quality of ImageNet's pictures. */
async function makePictures(/** @type {string} */ folder) {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < PICTURES; index++) {
    const name = photographs[index % photographs.length];
    const photograph = sharp(path.join(root, 'node_modules', '@stdlib', `datasets-img-${name}`, 'data', 'image.jpg'));
    const { width, height } = await photograph.metadata();
    // Golden ratio and its like: places that spread evenly, however many they are.
    const [share, across, down] = [0.6180339887, 0.7548776662, 0.569840291].map((step) => (index * step) % 1);
    const side = Math.min(width / 4, height / 3) * (0.5 + 0.5 * (share ?? 0));
    const window = { width: Math.floor(4 * side), height: Math.floor(3 * side) };
    await photograph
      .extract({
        left: Math.floor((across ?? 0) * (width - window.width)),
        top: Math.floor((down ?? 0) * (height - window.height)),
        ...window,
      })
      .resize(WIDTH, HEIGHT, { fit: 'fill' })
      .toColourspace('srgb')
      .jpeg({ quality: 92 })
      .toFile(path.join(folder, `${index}.jpg`));
  }
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
