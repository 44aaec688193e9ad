import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { root } from './setup.mjs';

/**
 * What package.json promises to VS Code and the sources do not keep, and the reverse: commands that nobody registers or that
 * are not contributed, menus and links that lead nowhere, images and pages that are not there.
 * @returns {string[]} One sentence each; empty when all is well.
 */
export function manifestProblems() {
  const manifest = JSON.parse(withWords(readFileSync(path.join(root, 'package.json'), 'utf8')));
  const { contributes = {}, icon, activationEvents = [] } = manifest;
  return [
    ...commandProblems(contributes),
    ...fileProblems({ icon, ...contributes }),
    ...pageProblems(activationEvents),
  ];
}

/** VS Code restores the panel of a page after a reload only where that activates the extension. */
function pageProblems(/** @type {string[]} */ activationEvents) {
  const pages = globSync('webview/*/main.ts', { cwd: root }).map((file) => path.basename(path.dirname(file)));
  const restored = matches(activationEvents.join(' '), /onWebviewPanel:dino\.(\w+)/g);
  return [
    ...minus(new Set(pages), restored).map(
      (page) => `package.json has no activation event onWebviewPanel:dino.${page}`,
    ),
    ...minus(restored, new Set(pages)).map(
      (page) => `onWebviewPanel:dino.${page} activates, but there is no webview/${page}`,
    ),
  ];
}

/** The manifest with its words in their places, some of which are links. */
function withWords(/** @type {string} */ manifest) {
  const file = path.join(root, 'package.nls.json');
  const words = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return manifest.replace(/"%([^%"]+)%"/g, (whole, key) => (key in words ? JSON.stringify(words[key]) : whole));
}

function commandProblems(/** @type {any} */ { commands = [], views = {}, ...others }) {
  const contributed = new Set(commands.map((/** @type {{ command: string }} */ { command }) => command));
  const sources = readSources();
  const registered = matches(sources, /registerCommand\(\s*'(dino\.[\w.]+)'/g);
  const text = JSON.stringify({ views, ...others });
  const run = new Set([
    ...matches(text, /"command":"(dino\.[\w.]+)"/g),
    ...matches(text, /command:(dino\.[\w.]+)/g),
    ...matches(sources, /(?:executeCommand\(\s*|command: )'(dino\.[\w.]+)'/g),
  ]);
  // VS Code itself has a command that shows a view.
  const shown = Object.values(views).flatMap((list) =>
    list.map((/** @type {{ id: string }} */ { id }) => `${id}.focus`),
  );
  return [
    ...minus(contributed, registered).map(
      (id) => `${id} is contributed in package.json, but src/ does not register it`,
    ),
    ...minus(registered, contributed).map(
      (id) => `${id} is registered in src/, but package.json does not contribute it`,
    ),
    ...minus(run, new Set([...contributed, ...shown])).map(
      (id) => `${id} is run by a menu, key, link or src/, but it does not exist`,
    ),
  ];
}

/** Images, pages and schemas that the manifest names by their path. */
function fileProblems(/** @type {object} */ manifest) {
  const named = [...matches(JSON.stringify(manifest), /"(?:\.\/)?(media\/[^"]+)"/g)];
  const isThere = (/** @type {string} */ file) => existsSync(path.join(root, file));
  const shown = named
    .filter((file) => file.endsWith('.md') && isThere(file))
    .flatMap((page) =>
      [...matches(readFileSync(path.join(root, page), 'utf8'), /!\[[^\]]*\]\(([^)]+)\)/g).values()].map((image) => ({
        page,
        image: path.posix.join(path.posix.dirname(page), image),
      })),
    );
  return [
    ...named.filter((file) => !isThere(file)).map((file) => `${file} is named in package.json, but it is not there`),
    ...shown
      .filter(({ image }) => !isThere(image))
      .map(({ page, image }) => `${image} is shown in ${page}, but it is not there`),
  ];
}

function readSources() {
  const files = globSync(['src/extension.ts', 'src/host/**/*.ts'], { cwd: root, absolute: true });
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

/** @returns {Set<string>} The first group of every match. */
function matches(/** @type {string} */ text, /** @type {RegExp} */ pattern) {
  return new Set([...text.matchAll(pattern)].map(([, id = '']) => id));
}

/** @returns {string[]} */
function minus(/** @type {Set<string>} */ a, /** @type {Set<string>} */ b) {
  return [...a].filter((item) => !b.has(item));
}
