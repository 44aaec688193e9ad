import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setUpWorkbench } from '../test/workbench/setup.mjs';
import { runtimePackages } from './runtimePackages.mjs';
import { root, run } from './setup.mjs';

const platform = `${process.platform}-${process.arch}`;
const staged = path.join(root, 'build', 'extension');
const marketplaceReadme = 'media/README.marketplace.md';

/**
 * Packages what lies in dist/, with the packages that it loads at run time, for this platform. What goes in is laid out in a
 * folder of its own first: vsce would look at every file of the repository, with its 1.5 GB of development packages.
 * @returns {Promise<string>} The file, dino-lab-<version>.vsix in the repository.
 */
export async function packageExtension() {
  const { devDependencies, optionalDependencies, scripts, ...manifest } = JSON.parse(
    await readFile(path.join(root, 'package.json'), 'utf8'),
  );
  await rm(staged, { recursive: true, force: true });
  await mkdir(staged, { recursive: true });
  await writeFile(path.join(staged, 'package.json'), JSON.stringify(manifest));
  await writeFile(path.join(staged, '.vscodeignore'), '# All that is laid out here is packaged.\n');
  const parts = ['CHANGELOG.md', 'LICENSE', 'package.nls.json', 'l10n', 'media', 'dist'];
  for (const part of [...parts, ...runtimePackages()]) {
    await cp(path.join(root, part), path.join(staged, part), { recursive: true, filter: isShipped });
  }
  // The Marketplace and the Extensions view show a README of their own; the repository's is for who builds it.
  const readme = await readFile(path.join(root, marketplaceReadme), 'utf8');
  await writeFile(path.join(staged, 'README.md'), readme.replaceAll(/\]\((?=[\w-]+\.png\))/g, '](media/'));

  const vsix = path.join(root, `dino-lab-${manifest.version}.vsix`);
  const { node, vsce } = await setUpWorkbench();
  // Where the repository is published is not in package.json, so the links of the README stay as they are.
  const options = ['--allow-missing-repository', '--no-rewrite-relative-links', '--target', platform, '--out', vsix];
  await run(node, [vsce, 'package', ...options], { cwd: staged });
  console.log(`${path.basename(vsix)} for ${platform}: ${((await stat(vsix)).size / 2 ** 20).toFixed(1)} MB`);
  return vsix;
}

/** Neither tests and what only developers read, nor the binaries of other platforms: onnxruntime-node has 290 MB for all. */
function isShipped(/** @type {string} */ file) {
  const place = path.relative(root, file).split(path.sep).join('/');
  const [, system, cpu] = place.match(/^node_modules\/onnxruntime-node\/bin\/[^/]+\/([^/]+)(?:\/([^/]+))?/) ?? [];
  if (system !== undefined && system !== process.platform) return false;
  if (cpu !== undefined && cpu !== process.arch) return false;
  // usearch has 26 MB of sources and binaries for all.
  if (/^node_modules\/usearch\/(?:c|cpp|cmake|include|numkong)$/.test(place)) return false;
  // koffi's sources, and its binary for a C library that onnxruntime-node has none for.
  if (/^node_modules\/koffi\/(?:doc|lib|vendor|src\/.*\.(?:asm|cc|hh|inc|S))$/.test(place)) return false;
  if (/^node_modules\/@koromix\/[^/]+\/musl_\w+$/.test(place)) return false;
  const [, built, cpus] = place.match(/^node_modules\/usearch\/prebuilds\/([^/-]+)-([^/]+)/) ?? [];
  if (built !== undefined && (built !== process.platform || !cpus?.split('+').includes(process.arch))) return false;
  if (place === marketplaceReadme || /^media\/(?:learning|growth|patches|similar)\.png$/.test(place)) return false;
  return place !== 'dist/test' && !/\.(map|d\.[cm]?ts)$/.test(place);
}
