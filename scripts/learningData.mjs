// The labeled data sets of `npm run learn:defaults`: of the kinds and sizes that people try first. Each has images to train on, which
// also vote in the k-NN, and others of the same kind that are classified. They are the same images every time.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fashionSubset } from './fashionMnist.mjs';
import { cutIntoTiles } from './photographTiles.mjs';
import { emojiClasses, emojiFile, emojiOf, spread } from './samples.mjs';

/** Debian's package openclipart-png. */
const CLIPART = '/usr/share/openclipart/png';
const CLIPART_CATEGORIES = [
  'animals',
  'computer',
  'food',
  'geography',
  'office',
  'people',
  'plants',
  'recreation',
  'shapes',
  'transportation',
];
/** Classified images of a class, at most. */
const QUERIES = 100;
const FASHION_QUERIES = 1000;
/** Labels of T-shirt, pullover, dress, coat and shirt: what a person would keep in one folder. */
const UPPER_BODY = [0, 2, 3, 4, 6];

/** @typedef {{ train: string, queries: string }} LabeledData */
/** @typedef {{ title: string, make: (cache: string) => LabeledData | Promise<LabeledData> }} DataSet */

/** By the name of their folder. */
export const DATA_SETS = /** @type {Readonly<Record<string, DataSet>>} */ ({
  'emoji-104': { title: 'emoji, 8 categories', make: (cache) => folders(cache, 'emoji-104', emojiByCategory(13)) },
  'emoji-480': { title: 'emoji, 8 categories', make: (cache) => folders(cache, 'emoji-480', emojiByCategory(60)) },
  'clipart-300': { title: 'clip art, 10 categories', make: (cache) => folders(cache, 'clipart-300', clipart(30)) },
  'photographs-104': { title: 'tiles of 8 photographs', make: (cache) => tiles(cache, 'photographs-104', 13) },
  'fashion-100': { title: 'Fashion-MNIST', make: (cache) => fashion(cache, 100) },
  'fashion-upper-body-300': {
    title: 'Fashion-MNIST, upper-body clothes only, 5 classes',
    make: (cache) => fashion(cache, 300, UPPER_BODY),
  },
  'fashion-1000': { title: 'Fashion-MNIST', make: (cache) => fashion(cache, 1000) },
  'fashion-10000': { title: 'Fashion-MNIST', make: (cache) => fashion(cache, 10_000) },
});

/** @returns {LabeledData} */
const fashion = (
  /** @type {string} */ cache,
  /** @type {number} */ images,
  /** @type {readonly number[] | undefined} */ labels = undefined,
) => ({
  train: fashionSubset('train', images, cache, labels),
  queries: fashionSubset('t10k', FASHION_QUERIES, cache, labels),
});

/** @typedef {{ label: string, train: readonly string[], queries: readonly string[] }} ClassFiles */

/** @returns {ClassFiles[]} `perClass` to train on; the others are classified. */
function emojiByCategory(/** @type {number} */ perClass) {
  return Object.entries(emojiClasses).map(([label, category]) =>
    split(label, emojiOf(category).map(emojiFile), perClass),
  );
}

function clipart(/** @type {number} */ perClass) {
  if (!existsSync(CLIPART)) throw new Error(`${CLIPART} is missing: install Debian's openclipart-png.`);
  return CLIPART_CATEGORIES.map((label) => {
    const entries = readdirSync(path.join(CLIPART, label), { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.png'))
      .map((entry) => path.join(entry.parentPath, entry.name));
    return split(label, files.sort(), perClass);
  });
}

/** @returns {ClassFiles} */
function split(/** @type {string} */ label, /** @type {readonly string[]} */ files, /** @type {number} */ count) {
  const train = spread(files, count);
  const chosen = new Set(train);
  const others = files.filter((file) => !chosen.has(file));
  return { label, train, queries: others.length > QUERIES ? spread(others, QUERIES) : others };
}

/** Copies the files into a folder a class; made when absent. @returns {LabeledData} */
function folders(
  /** @type {string} */ cache,
  /** @type {string} */ name,
  /** @type {readonly ClassFiles[]} */ classes,
) {
  const { data, made, keep } = dataFolder(cache, name);
  if (keep) return data;
  for (const { label, train, queries } of classes) {
    for (const [half, files] of /** @type {const} */ ([
      ['train', train],
      ['queries', queries],
    ])) {
      const folder = path.join(made, half, label);
      mkdirSync(folder, { recursive: true });
      // Clip art of two sub-folders may have one name.
      for (const [i, file] of files.entries()) copyFileSync(file, path.join(folder, `${i}-${path.basename(file)}`));
    }
  }
  renameSync(made, path.dirname(data.train));
  return data;
}

async function tiles(/** @type {string} */ cache, /** @type {string} */ name, /** @type {number} */ perPhotograph) {
  const { data, made, keep } = dataFolder(cache, name);
  if (keep) return data;
  await cutIntoTiles({ train: path.join(made, 'train'), test: path.join(made, 'queries') }, perPhotograph);
  renameSync(made, path.dirname(data.train));
  return data;
}

/** Where a data set lies, and where it is made, so that half of one never passes for the whole. */
function dataFolder(/** @type {string} */ cache, /** @type {string} */ name) {
  const folder = path.join(cache, name);
  const made = `${folder}.unfinished`;
  rmSync(made, { recursive: true, force: true });
  const data = { train: path.join(folder, 'train'), queries: path.join(folder, 'queries') };
  return { data, made, keep: existsSync(folder) };
}
