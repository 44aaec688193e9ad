// npm run l10n: gathers the words of the sources into l10n/bundle.l10n.json, which translations start from.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { getL10nJson } from '@vscode/l10n-dev';
import { globSync } from 'tinyglobby';
import { root } from './setup.mjs';

const bundle = path.join(root, 'l10n', 'bundle.l10n.json');

/** @returns {Promise<string>} The bundle as the sources have it now. */
async function gathered() {
  const files = globSync(
    ['src/extension.ts', 'src/host/**/*.ts', 'src/diagnosis/**/*.ts', 'src/metrics/**/*.ts', 'webview/**/*.ts'],
    { cwd: root, absolute: true },
  );
  const sources = files.sort().map((file) => ({ extension: '.ts', contents: readFileSync(file, 'utf8') }));
  const words = await getL10nJson(sources);
  const sorted = Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(sorted, null, 2)}\n`;
}

/**
 * Whether the bundle is what the sources say, and the manifest's words are all there, and no more.
 * @returns {Promise<string[]>} One sentence each; empty when all is well.
 */
export async function l10nProblems() {
  const isCurrent = readText(bundle) === (await gathered());
  const used = new Set(
    [...readText(path.join(root, 'package.json')).matchAll(/"%([^%"]+)%"/g)].map(([, key = '']) => key),
  );
  const given = new Set(Object.keys(JSON.parse(readText(path.join(root, 'package.nls.json')))));
  return [
    ...(isCurrent ? [] : ['l10n/bundle.l10n.json is not what the sources say: npm run l10n']),
    ...[...used].filter((key) => !given.has(key)).map((key) => `%${key}% of package.json is not in package.nls.json`),
    ...[...given]
      .filter((key) => !used.has(key))
      .map((key) => `${key} of package.nls.json is not used in package.json`),
  ];
}

const readText = (/** @type {string} */ file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '{}';
  }
};

if (process.argv[1] === import.meta.filename) {
  mkdirSync(path.dirname(bundle), { recursive: true });
  writeFileSync(bundle, await gathered());
}
