import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setUpWorkbench } from '../test/workbench/setup.mjs';
import { runtimePackages } from './runtimePackages.mjs';
import { root, run } from './setup.mjs';

const target = `${process.platform}-${process.arch}`;

/** What of a package is packaged. onnxruntime-node has the binaries of every platform: 290 MB, of which one needs a few. */
function filesOf(/** @type {string} */ place) {
  if (place !== 'node_modules/onnxruntime-node') return [`${place}/**`];
  return [`${place}/*.*`, `${place}/!(bin)/**`, `${place}/bin/*/${process.platform}/${process.arch}/**`];
}

/**
 * Packages what lies in dist/, with the packages that it loads at run time, for this platform.
 * @returns {Promise<string>} The file, dino-lab-<version>.vsix in the repository.
 */
export async function packageExtension() {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const vsix = path.join(root, `dino-lab-${version}.vsix`);
  const ignoreFile = path.join(root, 'build', 'vscodeignore');
  const rules = await readFile(path.join(root, '.vscodeignore'), 'utf8');
  const packages = runtimePackages().flatMap(filesOf);
  await mkdir(path.dirname(ignoreFile), { recursive: true });
  await writeFile(ignoreFile, rules + packages.map((files) => `!${files}\n`).join(''));

  const { node, vsce } = await setUpWorkbench();
  const options = ['--target', target, '--ignoreFile', ignoreFile, '--out', vsix, '--allow-missing-repository'];
  // Where the repository is published is not in package.json, so the links of the README stay as they are.
  options.push('--no-rewrite-relative-links');
  await run(node, [vsce, 'package', ...options]);
  console.log(`${path.basename(vsix)} for ${target}: ${((await stat(vsix)).size / 2 ** 20).toFixed(1)} MB`);
  return vsix;
}
