// npm run package: dino-lab-<version>.vsix for this platform, with the packages that dist/ loads at run time.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setUpWorkbench } from '../test/workbench/setup.mjs';
import { runtimePackages } from './runtimePackages.mjs';
import { build, root, run } from './setup.mjs';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const vsix = `dino-lab-${version}.vsix`;
const ignoreFile = path.join('build', 'vscodeignore');

/** What of a package is packaged. onnxruntime-node ships the binaries of every platform: 290 MB, of which this one needs some. */
function filesOf(/** @type {string} */ place) {
  if (place !== 'node_modules/onnxruntime-node') return [`${place}/**`];
  return [`${place}/*.*`, `${place}/!(bin)/**`, `${place}/bin/*/${process.platform}/${process.arch}/**`];
}

await build();
const { node, vsce } = await setUpWorkbench();
mkdirSync(path.join(root, 'build'), { recursive: true });
const packages = runtimePackages().flatMap(filesOf);
const rules = [readFileSync(path.join(root, '.vscodeignore'), 'utf8'), ...packages.map((files) => `!${files}\n`)];
writeFileSync(path.join(root, ignoreFile), rules.join(''));
await run(node, [
  vsce,
  'package',
  '--ignoreFile',
  ignoreFile,
  '--target',
  `${process.platform}-${process.arch}`,
  '--out',
  vsix,
  '--allow-missing-repository',
  '--no-git-tag-version',
]);
console.log(`${vsix}: ${(statSync(path.join(root, vsix)).size / 2 ** 20).toFixed(1)} MB`);
