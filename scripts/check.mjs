// npm run check: everything that can be said about the sources without running them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { importProblems } from './importProblems.mjs';
import { l10nProblems } from './l10n.mjs';
import { manifestProblems } from './manifestProblems.mjs';
import { root } from './setup.mjs';

const bin = (/** @type {string} */ name) => path.join(root, 'node_modules', name);
const projects = ['.', 'webview', 'src/data/assembly', 'src/projection/assembly'].filter((folder) =>
  existsSync(path.join(root, folder, 'tsconfig.json')),
);

/** @type {{ name: string, problems: () => string[] | Promise<string[]> }[]} */
const checks = [
  ...projects.map((folder) => tool(`tsc -p ${folder}`, bin('typescript/bin/tsc'), ['-p', folder])),
  tool('biome check', bin('@biomejs/biome/bin/biome'), ['check', '--error-on-warnings', '.']),
  knip('knip'),
  knip('knip --production', '--production'),
  { name: 'manifest', problems: manifestProblems },
  { name: 'imports', problems: importProblems },
  { name: 'words', problems: l10nProblems },
];

/** A program that prints its own findings and exits non-zero when it has some. */
function tool(/** @type {string} */ name, /** @type {string} */ script, /** @type {string[]} */ args) {
  const problems = () => {
    const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
    return status === 0 ? [] : [`${name} found problems (see above)`];
  };
  return { name, problems };
}

/** What nothing uses; a line of its settings that has become needless is an error, too. */
function knip(/** @type {string} */ name, /** @type {string[]} */ ...args) {
  const settings = ['--config', 'knip.config.mjs', '--treat-config-hints-as-errors', '--no-progress'];
  return tool(name, bin('knip/bin/knip.js'), [...settings, ...args]);
}

let failed = 0;
for (const { name, problems } of checks) {
  const found = await problems();
  for (const problem of found) console.error(`  ${problem}`);
  console.log(`${found.length === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  if (found.length > 0) failed++;
}

// npm test adds these to its sum.
const results = path.join(root, 'build', 'test-results', 'check.json');
mkdirSync(path.dirname(results), { recursive: true });
writeFileSync(results, JSON.stringify({ passed: checks.length - failed, failed, skipped: 0 }));
process.exitCode = failed === 0 ? 0 : 1;
