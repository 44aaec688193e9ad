// Fashion-MNIST's first images as small IDX data sets, cut out of Debian's package dataset-fashion-mnist.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';

const PACKAGE = 'dataset-fashion-mnist';
const FOLDER = 'usr/share/datasets/fashion-mnist';

/**
 * A folder with the first images and labels of one half, as `<half>-images-idx3-ubyte` and `<half>-labels-idx1-ubyte`; made when absent.
 * @param {'train' | 't10k'} half train has 60,000 images, t10k (the test half) 10,000.
 * @param {number} count
 * @param {string} cache Folder that the data sets lie in.
 * @param {readonly number[]} [labels] Only the images of these classes.
 * @returns {string} The data set's folder.
 */
export function fashionSubset(half, count, cache, labels) {
  const folder = path.join(cache, [half, count, ...(labels ?? [])].join('-'));
  const [imagesName, labelsName] = [`${half}-images-idx3-ubyte`, `${half}-labels-idx1-ubyte`];
  if ([imagesName, labelsName].every((name) => existsSync(path.join(folder, name)))) return folder;
  const source = packageFolder(cache);
  const whole = (/** @type {string} */ name) => gunzipSync(readFileSync(path.join(source, `${name}.gz`)));
  const allLabels = items(whole(labelsName));
  const chosen = [...allLabels.keys()]
    .filter((i) => labels === undefined || labels.includes(allLabels[i]?.[0] ?? -1))
    .slice(0, count);
  if (chosen.length < count) throw new Error(`${half} has ${chosen.length} such images, fewer than ${count}.`);
  mkdirSync(folder, { recursive: true });
  for (const name of [imagesName, labelsName]) writeFileSync(path.join(folder, name), withItems(whole(name), chosen));
  return folder;
}

/** Bytes before an IDX file's items: (0, 0, type, dimensions), then the dimensions' big-endian sizes. */
const headerBytes = (/** @type {Buffer} */ idx) => 4 + 4 * idx.readUInt8(3);

/** The items of an IDX file of bytes. */
function items(/** @type {Buffer} */ idx) {
  const start = headerBytes(idx);
  const count = idx.readUInt32BE(4);
  const size = (idx.length - start) / count;
  return Array.from({ length: count }, (_, i) => idx.subarray(start + i * size, start + (i + 1) * size));
}

function withItems(/** @type {Buffer} */ idx, /** @type {readonly number[]} */ chosen) {
  const header = Buffer.from(idx.subarray(0, headerBytes(idx)));
  header.writeUInt32BE(chosen.length, 4);
  const all = items(idx);
  return Buffer.concat([header, ...chosen.map((i) => all[i] ?? Buffer.alloc(0))]);
}

/** Where the package's files are: installed, or unpacked into the cache (which asks for no rights). */
function packageFolder(/** @type {string} */ cache) {
  const installed = path.join('/', FOLDER);
  if (existsSync(installed)) return installed;
  const unpacked = path.join(cache, 'package');
  if (!existsSync(path.join(unpacked, FOLDER))) {
    mkdirSync(cache, { recursive: true });
    console.log(`Getting Debian's ${PACKAGE} …`);
    if (!download(cache) && !(process.getuid?.() === 0 && apt(cache, 'update') && download(cache))) {
      throw new Error(`${PACKAGE} cannot be had by apt-get; install it (apt install ${PACKAGE}) and try again.`);
    }
    const archive = readdirSync(cache).find((name) => name.startsWith(`${PACKAGE}_`) && name.endsWith('.deb'));
    const { status } = spawnSync('dpkg-deb', ['-x', archive ?? '', unpacked], { cwd: cache, stdio: 'inherit' });
    if (status !== 0) throw new Error(`${path.join(cache, archive ?? PACKAGE)} cannot be unpacked by dpkg-deb.`);
  }
  return path.join(unpacked, FOLDER);
}

const download = (/** @type {string} */ cache) => apt(cache, 'download', PACKAGE);

function apt(/** @type {string} */ cwd, /** @type {string[]} */ ...args) {
  return spawnSync('apt-get', ['--quiet', ...args], { cwd, stdio: ['ignore', 'ignore', 'ignore'] }).status === 0;
}
