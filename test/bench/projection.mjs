// npm run bench:projection -- [--seeds N] [FEATURES.npy …]: our t-SNE, UMAP and PCA beside scikit-learn's t-SNE, on the same features in the same run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { pythonOf } from '../../scripts/pythonEnvironment.mjs';
import { root, run } from '../../scripts/setup.mjs';
import { processorHere } from './machine.mjs';

const folder = path.join(root, '.cache', 'bench-projection');
const peer = path.join(root, 'test', 'bench', 'peer_projection.py');
const SCIKIT_LEARN = 'scikit-learn==1.9.1';

const { values: options, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '3' } },
});
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);

/** @typedef {{ seconds: number, trustworthiness: number, preservation: number }} Figures */

mkdirSync(folder, { recursive: true });
const python = await pythonOf({
  library: SCIKIT_LEARN,
  imports: 'sklearn',
  folder: path.join('bench-projection', 'python'),
  packages: [SCIKIT_LEARN],
});
const digits = path.join(folder, 'digits.npy');
if (!existsSync(digits)) await run(python, [peer, 'data', folder]);

function json(/** @type {string} */ program, /** @type {string[]} */ args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`${path.basename(args[0] ?? '')} failed (see above).`);
  return JSON.parse(stdout);
}

/** @returns {Figures} */
function ours(/** @type {string} */ features, /** @type {string} */ method, /** @type {number} */ seed) {
  const layout = path.join(folder, `${method}.csv`);
  const { seconds } = json(process.execPath, [
    path.join(root, 'dist', 'test', 'bench', 'layOut.cjs'),
    features,
    method,
    String(seed),
    layout,
  ]);
  return { seconds, ...json(python, [peer, 'judge', features, layout]) };
}

const contestants = [
  { name: 'DINO Lab, t-SNE', of: (/** @type {string} */ file, /** @type {number} */ seed) => ours(file, 'tsne', seed) },
  {
    name: 'scikit-learn, TSNE',
    /** @returns {Figures} */
    of: (/** @type {string} */ file, /** @type {number} */ seed) => json(python, [peer, 'tsne', file, String(seed)]),
  },
  { name: 'DINO Lab, UMAP', of: (/** @type {string} */ file, /** @type {number} */ seed) => ours(file, 'umap', seed) },
  { name: 'DINO Lab, PCA', of: (/** @type {string} */ file, /** @type {number} */ seed) => ours(file, 'pca', seed) },
];
const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;

console.log(`${await processorHere()}; means of seeds ${seeds.join(', ')}\n`);
console.log('| features | by | trustworthiness | neighbors kept | seconds |');
console.log('| --- | --- | --- | --- | --- |');
for (const file of named.length > 0 ? named : [digits]) {
  // In turn, so that both meet the same machine.
  const rounds = seeds.map((seed) =>
    contestants.map(({ name, of }) => {
      const figures = of(file, seed);
      console.error(`${name}, seed ${seed}: ${JSON.stringify(figures)}`);
      return figures;
    }),
  );
  contestants.forEach(({ name }, index) => {
    const figures = rounds.flatMap((round) => round[index] ?? []);
    const of = (/** @type {keyof Figures} */ key) => mean(figures.map((one) => one[key]));
    const cells = [of('trustworthiness').toFixed(4), of('preservation').toFixed(4), of('seconds').toFixed(1)];
    console.log(`| ${path.basename(file, '.npy')} | ${name} | ${cells.join(' | ')} |`);
  });
}
