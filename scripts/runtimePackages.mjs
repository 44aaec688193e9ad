import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

/**
 * The packages that package.json's `dependencies` need at run time, with what they need in turn and is installed here. The
 * optional TensorFlow of package.json itself is not among them: a person installs it when it is wanted.
 * @returns {string[]} Folders under the repository, such as `node_modules/sharp`.
 */
export function runtimePackages() {
  const found = new Set();
  const visit = (/** @type {string} */ from, /** @type {Iterable<string>} */ names) => {
    for (const name of names) {
      const place = resolve(from, name);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      const { dependencies = {}, optionalDependencies = {} } = readManifest(place);
      visit(place, Object.keys({ ...dependencies, ...optionalDependencies }));
    }
  };
  visit('', Object.keys(readManifest('').dependencies ?? {}));
  return [...found].sort();
}

/** Node's own search: the nearest node_modules, outwards. Absent: an optional package for another platform. */
function resolve(/** @type {string} */ from, /** @type {string} */ name) {
  for (let folder = from; ; folder = path.posix.dirname(folder)) {
    const place = path.posix.join(folder, 'node_modules', name);
    if (existsSync(path.join(root, place, 'package.json'))) return place;
    if (folder === '' || folder === '.') return undefined;
  }
}

/** @returns {{ dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} */
function readManifest(/** @type {string} */ place) {
  return JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8'));
}
