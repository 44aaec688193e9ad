import { type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { onnxApi } from '../../../src/engines/onnxApi.js';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { loadQuietly } from '../../../src/engines/tensorflow/quietLoad.js';
import { temporaryFolder } from '../data/images.js';

const LOG = [
  'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
  'I0000 00:00:1796069468.620518   11119 port.cc:153] oneDNN custom operations are on.',
  'E0000 00:00:1796069468.620518   11119 cuda_fft.cc:467] Unable to register cuFFT factory',
];

const installation = findInstallation();

/** A program that loads, and while it does so writes these lines to the descriptor of stderr. */
function loading(
  lines: readonly string[],
  { env = {}, end = 'return 7;', stdio = 'pipe' }: { env?: NodeJS.ProcessEnv; end?: string; stdio?: StdioOptions } = {},
) {
  const folder = temporaryFolder();
  const temporary = temporaryFolder();
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
     const write = (line) => { try { require('node:fs').writeSync(2, line + '\\n'); } catch {} };
     const loaded = loadQuietly(() => { ${JSON.stringify(lines)}.forEach(write); ${end} });
     write('afterwards');
     console.log(loaded);`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: resolve('node_modules'), TMPDIR: temporary, ...env },
    stdio,
  });
  return { stdout, stderr, left: readdirSync(temporary) };
}

describe.skipIf(process.platform === 'win32')('TensorFlow is loaded quietly:', () => {
  it('what it logs is not seen, all else is', () => {
    const said = loading([...LOG, 'something else', '', 'and more']);
    expect(said).toEqual({ stdout: '7\n', stderr: 'something else\n\nand more\nafterwards\n', left: [] });
  });

  it.skipIf(installation === undefined)('the library itself says nothing', () => {
    const end = `require(${JSON.stringify(installation?.binding)}); return 7;`;
    const said = loading([], { env: { TF_CPP_MIN_LOG_LEVEL: '3' }, end });
    expect(said).toEqual({ stdout: '7\n', stderr: 'afterwards\n', left: [] });
  });

  it('the other engine is loaded after it', () => {
    expect(isMainThread).toBe(true);
    expect(loadQuietly(() => 7)).toBe(7);
    expect(() => onnxApi()).not.toThrow();
  });

  it('what was said before a failure is seen', () => {
    const { stderr, left } = loading(['why'], { end: "throw new Error('no library');" });
    expect(stderr).toMatch(/^why\n[\s\S]*no library/);
    expect(left).toEqual([]);
  });

  it('without room for a file it is loaded with all that it says', () => {
    const { stdout, stderr } = loading(LOG, { env: { TMPDIR: '/nowhere' } });
    expect({ stdout, stderr }).toEqual({ stdout: '7\n', stderr: `${LOG.join('\n')}\nafterwards\n` });
  });

  it.skipIf(!existsSync('/dev/full'))('where nobody hears it, it is loaded all the same', () => {
    const full = openSync('/dev/full', 'w');
    const { stdout } = loading(['lost'], { stdio: ['pipe', 'pipe', full] });
    closeSync(full);
    expect(stdout).toBe('7\n');
  });
});
