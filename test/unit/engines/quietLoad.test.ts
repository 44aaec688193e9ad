import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { temporaryFolder } from '../data/images.js';

const LOG = [
  'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
  'I0000 00:00:1796069468.620518   11119 port.cc:153] oneDNN custom operations are on.',
  'E0000 00:00:1796069468.620518   11119 cuda_fft.cc:467] Unable to register cuFFT factory',
];

const installation = findInstallation();

/** A program that loads, and while it does so writes these lines to the descriptor of stderr. */
function loading(lines: readonly string[], env: NodeJS.ProcessEnv = {}, end = 'return 7;') {
  const folder = temporaryFolder();
  const quietLoad = join(folder, 'quietLoad.cjs');
  buildSync({
    entryPoints: [resolve('src/engines/tensorflow/quietLoad.ts')],
    outfile: quietLoad,
    bundle: true,
    platform: 'node',
    packages: 'external',
  });
  const program = join(folder, 'program.cjs');
  writeFileSync(
    program,
    `const { loadQuietly } = require(${JSON.stringify(quietLoad)});
     const write = (line) => require('node:fs').writeSync(2, line + '\\n');
     const loaded = loadQuietly(() => { ${JSON.stringify(lines)}.forEach(write); ${end} });
     write('afterwards');
     console.log(loaded);`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: resolve('node_modules'), ...env },
  });
  return { stdout, stderr };
}

it('what TensorFlow logs while it is loaded is not seen, all else is', () => {
  expect(loading([...LOG, 'something else'])).toEqual({ stdout: '7\n', stderr: 'something else\nafterwards\n' });
});

it.skipIf(installation === undefined)('TensorFlow itself is loaded without a word', () => {
  const load = `require(${JSON.stringify(installation?.binding)}); return 7;`;
  expect(loading([], { TF_CPP_MIN_LOG_LEVEL: '3' }, load)).toEqual({ stdout: '7\n', stderr: 'afterwards\n' });
});

it('what was said before a failure is seen', () => {
  const { stderr } = loading(['why'], {}, "throw new Error('no library');");
  expect(stderr).toMatch(/^why\n[\s\S]*no library/);
});

it('without room for a file it is loaded all the same', () => {
  expect(loading(LOG, { TMPDIR: '/nowhere' })).toEqual({ stdout: '7\n', stderr: `${LOG.join('\n')}\nafterwards\n` });
});
