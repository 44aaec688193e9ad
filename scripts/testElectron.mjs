// npm run test:electron: the same compiled suite as test:extension, in the desktop VS Code that @vscode/test-electron downloads.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { root } from './setup.mjs';

const version = process.argv[2] ?? 'stable';

/** @type {string} */
let program;
try {
  program = await downloadAndUnzipVSCode({ version, cachePath: path.join(root, '.cache', 'vscode') });
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(
    `VS Code ${version} could not be downloaded (${reason}); test:electron needs it, test:extension does not.`,
  );
  process.exit(1);
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'dino-lab-electron-'));
try {
  await runTests({
    vscodeExecutablePath: program,
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(root, 'dist', 'test', 'extension', 'index.cjs'),
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
