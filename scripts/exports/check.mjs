// npm run exports:check: loads an export of each kind of network in each format by the library that the format is for, and writes down what
// that library computes, with the checksums of the files, to test/unit/exports/recorded.json: the tests compare today's exports with it.
// DINO_EXPORTS_PYTHON names a Python that has the packages of requirements.txt; else a virtual environment is made in .cache/exports.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { virtualPython } from '../pythonEnvironment.mjs';
import { root, run } from '../setup.mjs';
import { IMAGES, NETWORKS, sha256, WIDE_RESNET, writeWideResnet } from './networks.mjs';

const scripts = path.join(root, 'scripts', 'exports');
const cache = path.join(root, '.cache', 'exports');
const recorded = path.join(root, 'test', 'unit', 'exports', 'recorded.json');
const FORMATS = ['safetensors', 'pth', 'timm', 'huggingface', 'onnx', 'savedmodel'];
const SIZES = ['native', 'wide', 'small'];
/** Of features that are many: one batch tells enough. */
const ONE_SIZE = ['wide'];

/** @typedef {{ id: string, format: string, path: string, heads: number, isBuilt: boolean, sizes: string[], allSizes: string[] }} Exported */

await run(process.execPath, ['esbuild.mjs']);
const { exports, refused } = exportAll();
const list = path.join(cache, 'exports.json');
writeFileSync(list, JSON.stringify({ images: IMAGES, exports }));
const python = await pythonWithLibraries();
const node = await transformersJs();
const runs = [
  ['check.json', python, path.join(scripts, 'check.py')],
  ['tensorflow.json', python, path.join(scripts, 'check_tensorflow.py')],
  ['transformersjs.json', process.execPath, node],
];
/** @type {Record<string, Record<string, unknown>>} By the export, by the library. */
const computed = {};
for (const [file = '', program = '', script = ''] of runs) {
  const out = path.join(cache, file);
  await run(program, [script, list, out]);
  for (const [id, { library, features }] of Object.entries(JSON.parse(readFileSync(out, 'utf8')))) {
    computed[id] = { ...computed[id], [library]: features };
  }
}
const entries = exports.map(({ id, path: written }) => [
  id,
  { files: checksums(written), computed: computed[id] ?? {} },
]);
writeFileSync(recorded, `${JSON.stringify({ exports: Object.fromEntries(entries), refused }, rounded)}\n`);
await run('npx', ['biome', 'format', '--write', recorded]);
await run('npx', ['vitest', 'run', 'test/unit/exports/recorded.test.ts']);

/** Seven digits tell more than float32 knows. */
function rounded(/** @type {string} */ _, /** @type {unknown} */ value) {
  return typeof value === 'number' ? Number(value.toPrecision(7)) : value;
}

function exportAll() {
  const folder = path.join(cache, 'exported');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wide = path.join(folder, 'wide.safetensors');
  writeWideResnet(wide);
  /** @type {Exported[]} */
  const exports = [];
  /** @type {Record<string, string>} */
  const refused = {};
  /** @type {typeof NETWORKS} */
  const networks = { ...NETWORKS, [WIDE_RESNET]: { path: wide } };
  for (const [name, { path: checkpoint, heads, network }] of Object.entries(networks)) {
    for (const format of FORMATS) {
      const id = `${name}: ${format}`;
      const out = path.join(folder, id.replace(/\W+/g, '-'));
      const more = [...(heads ? ['--heads', String(heads)] : []), ...(network ? ['--network', network] : [])];
      const args = ['dist/cli.cjs', 'export', checkpoint, '--format', format, '--out', out, '--json', ...more];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
      if (status !== 0) {
        refused[id] = stderr.replace(/^.*cannot be exported/, 'cannot be exported').trim();
        continue;
      }
      const { out: written, notes } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
      const isOwnRule = notes.some((/** @type {string} */ note) => note.includes('by a rule of its own'));
      const sizes = name === WIDE_RESNET ? ONE_SIZE : SIZES;
      const isResnet = name.endsWith('blocks') || name === WIDE_RESNET;
      exports.push({
        id,
        format,
        path: written,
        heads: heads ?? 2,
        // The originals' code builds ResNets of 64 channels alone, and a Vision Transformer has a position for CLS.
        isBuilt:
          !['safetensors', 'pth'].includes(format) ||
          (isResnet ? name === WIDE_RESNET : !/no position|and registers/.test(name)),
        sizes: isOwnRule ? ['native'] : sizes,
        allSizes: sizes,
      });
    }
  }
  return { exports, refused };
}

/** @returns {Record<string, string>} By the files' names within the export. */
function checksums(/** @type {string} */ written) {
  if (statSync(written).isFile()) return { [`*${path.extname(written)}`]: sha256(readFileSync(written)) };
  const names = readdirSync(written, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(path.join(written, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [name.replaceAll(path.sep, '/'), sha256(readFileSync(path.join(written, name)))]),
  );
}

async function pythonWithLibraries() {
  const named = process.env['DINO_EXPORTS_PYTHON'];
  if (named) return named;
  const python = await virtualPython(path.join(cache, 'python'));
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', path.join(scripts, 'requirements.txt')]);
  return python;
}

/** @returns the script, beside its packages */
async function transformersJs() {
  const folder = path.join(cache, 'node');
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'check_transformersjs.mjs'])
    copyFileSync(path.join(scripts, name), path.join(folder, name));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: folder });
  return path.join(folder, 'check_transformersjs.mjs');
}
