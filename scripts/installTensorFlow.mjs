import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { root, run } from './setup.mjs';

/** Where the tests' TensorFlow is kept from one run to the next; vitest.config.mts names it, too. */
const storage = path.join(root, '.cache');

/**
 * Installs TensorFlow for the tests as a person would, unless it is there already. Where it cannot be had (no compiler, no network)
 * its tests are skipped by name, unless `DINO_REQUIRE_TENSORFLOW=1`.
 */
export async function installTensorFlow() {
  if (isCurrent(path.join(storage, 'tensorflow', 'current.json'))) return;
  try {
    const env = { ...process.env, DINO_STORAGE: storage };
    await run(process.execPath, ['dist/cli.cjs', 'engines', 'install', 'tensorflow'], { env });
  } catch (error) {
    if (process.env['DINO_REQUIRE_TENSORFLOW'] === '1') throw error;
    console.log('Without TensorFlow its tests are skipped.');
  }
}

/** Whether it was installed as this version installs it. @param {string} file */
function isCurrent(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).schema === 2;
  } catch {
    return false;
  }
}
