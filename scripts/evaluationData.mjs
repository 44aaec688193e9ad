// The labeled data sets of `npm run learn:evaluations`: images to train on, others to be tested on, a ground truth of which images
// belong together, and copies to be found. They are the same images every time.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { fashionSubset } from './fashionMnist.mjs';
import { writeCopies } from './imageCopies.mjs';
import { emojiClasses, spread } from './samples.mjs';

/**
 * What is evaluated, by the names of the inputs of `dino eval`. `train` is what the network learns from, without the labels.
 * `masks` say where in `images` the thing is.
 * @typedef {{ title: string, train: string, test: string, images: string, masks: string, gnd: string, copydays: string, distractors?: string }} EvaluationData
 */

const FASHION_TRAIN = 10_000;
const FASHION_TEST = 1000;
const FASHION_QUERIES = 200;
/** npm's packages of one version have the same emoji, each as another vendor draws them. */
const VENDORS = ['apple', 'facebook', 'google', 'twitter'];
const EMOJI_VERSION = '16.0.0';
/** Of the emoji, each fifth is for testing, in all vendors' drawings. */
const EMOJI_TEST = 5;
/** Of 255: clothes are brighter than their black background, and emoji are opaque where it is transparent. */
const [BRIGHT, OPAQUE] = [16, 128];

/** @returns {Promise<EvaluationData>} */
export async function fashionData(/** @type {string} */ cache) {
  const train = fashionSubset('train', FASHION_TRAIN, cache);
  const test = fashionSubset('t10k', FASHION_TEST, cache);
  const folder = path.join(cache, 'evaluations-fashion');
  const data = { title: 'Fashion-MNIST', train, test, ...inputsIn(folder) };
  if (existsSync(folder)) return data;
  const made = unfinished(folder);
  mkdirSync(path.join(made, 'images'), { recursive: true });
  const [images, labels] = [idxItems(test, 'images-idx3-ubyte'), idxItems(test, 'labels-idx1-ubyte')];
  const side = Math.sqrt(images[0]?.length ?? 0);
  const names = images.map((_, i) => `${String(i).padStart(4, '0')}.png`);
  for (const [i, pixels] of images.entries())
    await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
      .png()
      .toFile(path.join(made, 'images', names[i] ?? ''));
  await writeMasks(made, names, (image) => image.extractChannel(0).threshold(BRIGHT));
  const classes = labels.map((label) => label[0] ?? -1);
  const queries = spread([...names.keys()], FASHION_QUERIES);
  writeTruth(made, names, queries, (query, image) => classes[query] === classes[image]);
  await writeCopies(
    names.map((name) => path.join(made, 'images', name)),
    path.join(made, 'copydays'),
  );
  renameSync(made, folder);
  return data;
}

/** @returns {Promise<EvaluationData>} */
export async function emojiData(/** @type {string} */ cache) {
  const folder = path.join(cache, 'evaluations-emoji');
  const inputs = inputsIn(folder);
  const [train, test] = [path.join(folder, 'train'), path.join(folder, 'test')];
  const data = { title: 'emoji of four vendors', train, test, ...inputs, distractors: path.join(folder, 'others') };
  if (existsSync(folder)) return data;
  const made = unfinished(folder);
  const packages = vendorPackages(cache);
  /** @type {{ name: string, emoji: string }[]} */
  const shown = [];
  /** @type {string[]} */
  const originals = [];
  for (const [label, category] of Object.entries(emojiClasses)) {
    for (const [i, image] of emojiOfAll(packages, category).entries()) {
      const isTest = i % EMOJI_TEST === EMOJI_TEST - 1;
      for (const vendor of VENDORS) {
        const source = path.join(packages, `emoji-datasource-${vendor}`, 'img', vendor, '64', image);
        const name = `${vendor}-${image}`;
        copyInto(path.join(made, isTest ? 'test' : 'train', label), name, source);
        if (!isTest) continue;
        shown.push({ name, emoji: image });
        copyInto(path.join(made, 'images'), name, source);
        if (vendor === 'twitter') originals.push(source);
        else copyInto(path.join(made, 'others'), name, source);
      }
    }
  }
  shown.sort((one, other) => (one.name < other.name ? -1 : 1));
  writeTruth(
    made,
    shown.map(({ name }) => name),
    [...shown.keys()],
    (query, image) => shown[query]?.emoji === shown[image]?.emoji,
  );
  await writeMasks(
    made,
    shown.map(({ name }) => name),
    (image) => image.ensureAlpha().extractChannel('alpha').threshold(OPAQUE),
  );
  await writeCopies(originals, path.join(made, 'copydays'));
  renameSync(made, folder);
  return data;
}

const inputsIn = (/** @type {string} */ folder) => ({
  images: path.join(folder, 'images'),
  masks: path.join(folder, 'masks'),
  gnd: path.join(folder, 'gnd.json'),
  copydays: path.join(folder, 'copydays'),
});

/** Where a data set is made, so that half of one never passes for the whole. */
function unfinished(/** @type {string} */ folder) {
  const made = `${folder}.unfinished`;
  rmSync(made, { recursive: true, force: true });
  return made;
}

function copyInto(/** @type {string} */ folder, /** @type {string} */ name, /** @type {string} */ source) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(source, path.join(folder, name));
}

/** Black and white, 255 where the thing is. */
async function writeMasks(
  /** @type {string} */ folder,
  /** @type {readonly string[]} */ names,
  /** @type {(image: import('sharp').Sharp) => import('sharp').Sharp} */ maskOf,
) {
  mkdirSync(path.join(folder, 'masks'), { recursive: true });
  for (const name of names)
    await maskOf(sharp(path.join(folder, 'images', name)))
      .toColourspace('b-w')
      .png()
      .toFile(path.join(folder, 'masks', name));
}

/** In the form of the Oxford and Paris benchmarks. A query is one of the images, and no match of itself. */
function writeTruth(
  /** @type {string} */ folder,
  /** @type {readonly string[]} */ imlist,
  /** @type {readonly number[]} */ queries,
  /** @type {(query: number, image: number) => boolean} */ belong,
) {
  const gnd = queries.map((query) => ({
    easy: [...imlist.keys()].filter((image) => image !== query && belong(query, image)),
    hard: [],
    junk: [query],
  }));
  const truth = { imlist, qimlist: queries.map((query) => imlist[query]), gnd };
  writeFileSync(path.join(folder, 'gnd.json'), JSON.stringify(truth));
}

/** Items of one file of the small IDX data set, in their order. */
function idxItems(/** @type {string} */ folder, /** @type {string} */ kind) {
  const idx = readFileSync(path.join(folder, `t10k-${kind}`));
  const start = 4 + 4 * idx.readUInt8(3);
  const size = (idx.length - start) / idx.readUInt32BE(4);
  return Array.from({ length: FASHION_TEST }, (_, i) => idx.subarray(start + i * size, start + (i + 1) * size));
}

/** npm's packages of all vendors, installed into the cache. */
function vendorPackages(/** @type {string} */ cache) {
  const folder = path.join(cache, 'emoji-packages');
  const names = VENDORS.map((vendor) => `emoji-datasource-${vendor}`);
  const installed = path.join(folder, 'node_modules');
  if (names.every((name) => existsSync(path.join(installed, name, 'emoji.json')))) return installed;
  mkdirSync(folder, { recursive: true });
  const packages = names.map((name) => `${name}@${EMOJI_VERSION}`);
  const args = ['install', '--no-save', '--ignore-scripts', '--prefix', folder, ...packages];
  const { status } = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm could not install ${packages.join(', ')} into ${folder}.`);
  return installed;
}

/** File names of a category's emoji that all vendors draw, in Unicode's order. */
function emojiOfAll(/** @type {string} */ packages, /** @type {string} */ category) {
  /** @type {(Record<string, boolean> & { category: string, image: string, sort_order: number })[]} */
  const all = JSON.parse(readFileSync(path.join(packages, 'emoji-datasource-twitter', 'emoji.json'), 'utf8'));
  return all
    .filter((one) => one.category === category && VENDORS.every((vendor) => one[`has_img_${vendor}`]))
    .sort((one, other) => one.sort_order - other.sort_order)
    .map(({ image }) => image);
}
