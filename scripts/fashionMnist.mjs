// Fashion-MNIST's first pictures as small IDX data sets, cut out of Debian's package dataset-fashion-mnist.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';

const PACKAGE = 'dataset-fashion-mnist';
const FOLDER = 'usr/share/datasets/fashion-mnist';

/**
 * A folder with the first pictures and labels of one half, as `<half>-images-idx3-ubyte` and `<half>-labels-idx1-ubyte`; made when absent.
 * @param {'train' | 't10k'} half train has 60,000 pictures, t10k (the test half) 10,000.
 * @param {number} count
 * @param {string} cache Folder that the data sets lie in.
 * @returns {string} The data set's folder.
 */
export function fashionSubset(half, count, cache) {
  const folder = path.join(cache, `${half}-${count}`);
  const parts = [`${half}-images-idx3-ubyte`, `${half}-labels-idx1-ubyte`];
  if (parts.every((name) => existsSync(path.join(folder, name)))) return folder;
  const source = packageFolder(cache);
  mkdirSync(folder, { recursive: true });
  for (const name of parts) {
    const whole = gunzipSync(readFileSync(path.join(source, `${name}.gz`)));
    writeFileSync(path.join(folder, name), firstItems(whole, count, name));
  }
  return folder;
}

/** An IDX file's first items: a header of (0, 0, type, dimensions) and big-endian sizes, then bytes. */
function firstItems(/** @type {Buffer} */ idx, /** @type {number} */ count, /** @type {string} */ name) {
  const dimensions = idx.readUInt8(3);
  const sizes = Array.from({ length: dimensions }, (_, i) => idx.readUInt32BE(4 + 4 * i));
  const [items = 0, ...item] = sizes;
  if (count > items) throw new Error(`${name} has ${items} pictures, fewer than ${count}.`);
  const headerBytes = 4 + 4 * dimensions;
  const itemBytes = item.reduce((product, size) => product * size, 1);
  const part = Buffer.from(idx.subarray(0, headerBytes + count * itemBytes));
  part.writeUInt32BE(count, 4);
  return part;
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
