import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { root } from './setup.mjs';

/**
 * Where the sources import against the table of folders in CONTRIBUTING.md, or the table itself does not point one way.
 * @param {{ table?: string, sources?: Iterable<readonly [file: string, text: string]> }} [of] Absent: the repository's.
 * @returns {string[]} One sentence each; empty when all is well.
 */
export function importProblems({ table = readTable(), sources = readSources() } = {}) {
  /** @type {Map<string, Set<string>>} A folder, and what it may import. */
  const allowed = new Map();
  const problems = [];
  for (const [, folder = '', , cell = ''] of table.matchAll(/^\| `([\w/]+)` \|(.*)\|(.*)\|$/gm)) {
    const imports = [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    for (const name of imports) {
      if (!allowed.has(name)) problems.push(`CONTRIBUTING.md lets ${folder} import ${name}, which is not above it`);
    }
    allowed.set(path.posix.basename(folder), new Set(imports));
  }
  for (const [file, text] of sources) {
    const from = folderOf(file);
    if (from === undefined) continue;
    const known = allowed.get(from);
    if (known === undefined) {
      problems.push(`${file} lies in a folder that the table in CONTRIBUTING.md does not have`);
      continue;
    }
    for (const [, target = ''] of text.matchAll(/(?:from |import\(|^import )'(\.[^']+)'/gm)) {
      const to = folderOf(path.posix.join(path.posix.dirname(file), target));
      if (to !== undefined && to !== from && !known.has(to)) problems.push(`${file} imports from ${to}`);
    }
  }
  return problems;
}

/** `data` for src/data/…, `webview` for webview/…; undefined for what lies in no such folder. */
function folderOf(/** @type {string} */ file) {
  const [first, second, third] = file.split('/');
  if (first === 'webview') return first;
  return first === 'src' && third !== undefined ? second : undefined;
}

function readTable() {
  return readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8');
}

/** @returns {[string, string][]} */
function readSources() {
  const files = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root });
  return files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]);
}
