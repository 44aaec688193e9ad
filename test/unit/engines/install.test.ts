import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type InstallRequest, installTensorFlow } from '../../../src/engines/tensorflow/install/install.js';
import { keepWhatPipLeft } from '../../../src/engines/tensorflow/install/pip.js';
import { choosePlatform, thisMachine } from '../../../src/engines/tensorflow/install/platform.js';
import { satisfies } from '../../../src/engines/tensorflow/install/version.js';
import { readRequirements } from '../../../src/engines/tensorflow/install/wheel.js';
import { findOwnInstallation } from '../../../src/engines/tensorflow/installation.js';
import { NO_SMALL_DISK, smallDisk } from '../runs/smallDisk.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { bindingSources } from './bindingSources.js';
import { makeZip, type ServedWheel, serveWheels } from './wheels.js';

const LINUX = { system: 'linux', cpu: 'x64', glibc: '2.36' } as const;
const isLinux = process.platform === 'linux' && process.arch === 'x64';

/** A wheel whose libraries are noise, so that it has a size and nothing can be linked to it. */
const WHEEL: ServedWheel = {
  name: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  content: makeZip({
    'tensorflow/libtensorflow_cc.so.2': randomBytes(300_000),
    'tensorflow/libtensorflow_framework.so.2': randomBytes(1000),
    'tensorflow/include/tensorflow/c/c_api.h': '#pragma once\n',
    'tensorflow/python/not_wanted.py': 'pass\n',
  }),
};
const PART = `${WHEEL.name}.part`;

/** A program that acts as the compiler: `--version` works, and then what the script says. */
function makeCompiler(script: string): string {
  const file = path.join(temporaryFolder(), 'compiler');
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Another engine that is in use, and must stay so. */
function makeOldEngine(storage: string): void {
  const home = path.join(storage, 'tensorflow');
  mkdirSync(path.join(home, 'cpu-old', 'lib', 'napi-v8'), { recursive: true });
  writeFileSync(path.join(home, 'cpu-old', 'lib', 'napi-v8', 'tfjs_binding.node'), 'old');
  writeFileSync(
    path.join(home, 'current.json'),
    JSON.stringify({ schema: 1, folder: 'cpu-old', tensorflow: '2.20.0', gpu: false }),
  );
}

describe.runIf(isLinux)('An installation that fails', () => {
  let storage: string;
  let downloads: string;
  beforeEach(() => {
    storage = temporaryFolder();
    downloads = path.join(storage, 'tensorflow', 'downloads');
    makeOldEngine(storage);
    vi.stubEnv('CXX', makeCompiler('echo "a.cc:1: error: what is this" >&2; exit 1'));
    return () => vi.unstubAllEnvs();
  });

  /** Bytes of the wheel that are on the disk. */
  const came = () => statSync(path.join(downloads, PART), { throwIfNoEntry: false })?.size ?? 0;

  const install = (index: string, request: Partial<InstallRequest> = {}) =>
    installTensorFlow({
      storage,
      gpu: false,
      binding: bindingSources,
      wheels: { index, mayUsePip: false },
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...request,
    });

  /** Whatever happened: the old engine is in use, and nothing of the new one lies about. */
  const expectOldEngine = () => {
    expect(findOwnInstallation(storage)?.tensorflow).toBe('2.20.0');
    const kept = readdirSync(path.join(storage, 'tensorflow')).sort();
    expect(kept).toEqual(['cpu-old', 'current.json', 'downloads', 'install.log']);
  };

  it('names the first error of the compiler, keeps the download, and does not fetch it again', async () => {
    const index = await serveWheels([WHEEL]);
    await expect(install(index.address)).rejects.toThrow(/compiler .* failed .*\(a\.cc:1: error: what is this\)/);
    expectOldEngine();
    expect(readdirSync(downloads)).toEqual([WHEEL.name]);
    await expect(install(index.address)).rejects.toThrow(/failed/);
    expect(index.asked).toHaveLength(1);
    expect(readFileSync(path.join(storage, 'tensorflow', 'install.log'), 'utf8')).toContain('what is this');
  });

  it('tells where a compiler comes from when there is none, before anything is downloaded', async () => {
    const index = await serveWheels([WHEEL]);
    vi.stubEnv('CXX', '');
    vi.stubEnv('PATH', temporaryFolder());
    await expect(install(index.address)).rejects.toThrow(/no C\+\+ compiler: install one \(apt install g\+\+/);
    expect(index.asked).toEqual([]);
    expectOldEngine();
  });

  it('does not switch over to what was compiled but does not run', async () => {
    const index = await serveWheels([WHEEL]);
    vi.stubEnv('CXX', makeCompiler('while [ "$1" != -o ]; do shift; done; echo junk > "$2"'));
    await expect(install(index.address)).rejects.toThrow(
      /was built, but it does not run here \(.*(file too short|invalid ELF header)/,
    );
    expectOldEngine();
  });

  it('goes on at once where the connection broke', async () => {
    const index = await serveWheels([WHEEL]);
    index.fault = { kind: 'break', after: 200_000, came };
    await expect(install(index.address)).rejects.toThrow(/compiler/);
    const starts = index.asked.map((range) => Number(range?.match(/\d+/)?.[0] ?? 0));
    expect(starts.length).toBeGreaterThan(1);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[1]).toBeGreaterThan(0);
  });

  it('says how much has come of a download that keeps breaking off, and goes on from there the next time', async () => {
    const index = await serveWheels([WHEEL]);
    index.fault = { kind: 'break', after: 1000, came };
    await expect(install(index.address)).rejects.toThrow(/broke off after 0 MB \(the connection broke\): run it again/);
    expectOldEngine();
    expect(readdirSync(downloads)).toEqual([PART]);
    index.fault = undefined;
    await expect(install(index.address)).rejects.toThrow(/compiler/);
    expect(index.asked).toEqual([undefined, 'bytes=1000-', 'bytes=2000-', 'bytes=3000-']);
  });

  it('can be cancelled in the middle of a download, which is kept', async () => {
    const index = await serveWheels([WHEEL]);
    index.fault = { kind: 'hang', after: 100_000 };
    const cancel = new AbortController();
    const installing = install(index.address, { signal: cancel.signal });
    installing.catch(() => undefined);
    await expect.poll(came).toBe(100_000);
    cancel.abort();
    await expect(installing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expectOldEngine();
    expect(readFileSync(path.join(downloads, PART)).equals(WHEEL.content.subarray(0, 100_000))).toBe(true);
  });

  it('can be cancelled while it compiles', async () => {
    const index = await serveWheels([WHEEL]);
    const begun = path.join(temporaryFolder(), 'begun');
    vi.stubEnv('CXX', makeCompiler(`touch '${begun}'; exec sleep 1000`));
    const cancel = new AbortController();
    const installing = install(index.address, { signal: cancel.signal });
    installing.catch(() => undefined);
    await expect.poll(() => existsSync(begun)).toBe(true);
    cancel.abort();
    await expect(installing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expectOldEngine();
  });

  it('deletes what came with a wrong checksum', async () => {
    const index = await serveWheels([{ ...WHEEL, sha256: '0'.repeat(64) }]);
    await expect(install(index.address)).rejects.toThrow(/came broken: its checksum is wrong.*run it again/);
    expectOldEngine();
    expect(readdirSync(downloads)).toEqual([]);
  });

  it('deletes what is no whole wheel', async () => {
    const index = await serveWheels([{ ...WHEEL, content: WHEEL.content.subarray(0, 200_000) }]);
    await expect(install(index.address)).rejects.toThrow(/is not a whole wheel .*run it again/);
    expectOldEngine();
    expect(readdirSync(downloads)).toEqual([]);
  });

  it('names the libraries that a wheel lacks', async () => {
    const content = makeZip({ 'tensorflow/libtensorflow_cc.so.2': 'x' });
    const index = await serveWheels([{ ...WHEEL, content }]);
    await expect(install(index.address)).rejects.toThrow(/does not hold tensorflow\/libtensorflow_framework\.so\.2/);
    expectOldEngine();
  });

  it('says that no wheel suits, and that nobody answers', async () => {
    const index = await serveWheels([{ ...WHEEL, name: WHEEL.name.replace('x86_64', 's390x') }]);
    await expect(install(index.address)).rejects.toThrow(/has no wheel of tensorflow-cpu ==2\.21\.0/);
    await expect(install('http://127.0.0.1:9/simple/')).rejects.toThrow(
      /127\.0\.0\.1:9 cannot be reached \(.+\): check/,
    );
    expectOldEngine();
  });

  it('is refused before the download where the disk is too small', async ({ skip }) => {
    const disk = smallDisk(5_000_000);
    if (disk === undefined) return skip(NO_SMALL_DISK);
    const index = await serveWheels([WHEEL]);
    await expect(install(index.address, { storage: disk.path })).rejects.toThrow(
      /needs 1\.5 GB for a while, and the disk of .* has 0\.0 GB free: free some space/,
    );
    expect(index.asked).toEqual([]);
  });

  it('does not begin while another process installs, and cleans up what a killed one has left', async () => {
    const index = await serveWheels([WHEEL]);
    index.fault = { kind: 'hang', after: 1000 };
    const left = path.join(storage, 'tensorflow', 'cpu-cutoff');
    mkdirSync(left);
    const cancel = new AbortController();
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const first = install(index.address, { signal: cancel.signal, onProgress: ({ done }) => done && begun() });
    await hasBegun;
    expect(existsSync(left)).toBe(false);
    await expect(install(index.address)).rejects.toThrow(/being installed by another process/);
    cancel.abort();
    await expect(first).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});

describe('What pip has left behind', () => {
  it('is gone on with, unless we have more', async () => {
    const downloads = temporaryFolder();
    const coming = path.join(downloads, 'pip', 'coming', 'pip-unpack-x');
    mkdirSync(coming, { recursive: true });
    writeFileSync(path.join(coming, 'a.whl'), 'longer');
    writeFileSync(path.join(coming, 'b.whl'), 'short');
    writeFileSync(path.join(downloads, 'b.whl.part'), 'has more');
    await keepWhatPipLeft(downloads);
    expect(readdirSync(downloads).sort()).toEqual(['a.whl.part', 'b.whl.part']);
    expect(readFileSync(path.join(downloads, 'a.whl.part'), 'utf8')).toBe('longer');
    expect(readFileSync(path.join(downloads, 'b.whl.part'), 'utf8')).toBe('has more');
  });
});

describe('The wheel for a machine', () => {
  it('is chosen by system, processor and GPU', () => {
    expect(choosePlatform(LINUX, false).tensorflow.project).toBe('tensorflow-cpu');
    expect(choosePlatform(LINUX, true).tensorflow.project).toBe('tensorflow');
    const mac = choosePlatform({ system: 'darwin', cpu: 'arm64', glibc: undefined }, false);
    expect(mac.libraries).toContain('libtensorflow_cc.2.dylib');
    expect(() => choosePlatform(thisMachine(), false)).not.toThrow();
  });

  it.each([
    [{ ...LINUX, system: 'win32' }, false, /npm rebuild @tensorflow\/tfjs-node-gpu/],
    [{ ...LINUX, system: 'darwin' }, false, /no package for darwin on x64: use the engine onnx/],
    [{ ...LINUX, cpu: 'arm64' }, true, /install it without GPU/],
    [{ ...LINUX, glibc: '2.17' }, false, /needs glibc 2\.27 or later, and this system has glibc 2\.17/],
    [{ ...LINUX, glibc: undefined }, false, /another C library/],
  ] as const)('is refused with the way out: %o', (machine, gpu, message) => {
    expect(() => choosePlatform(machine, gpu)).toThrow(message);
  });

  it('satisfies conditions as Python means them', () => {
    expect(satisfies('12.9.1.4', '<13.0,>=12.5.3.2')).toBe(true);
    expect(satisfies('12.5.3', '<13.0,>=12.5.3.2')).toBe(false);
    expect(satisfies('13.0.0', '<13.0')).toBe(false);
    expect(satisfies('2.21', '==2.21.0')).toBe(true);
    expect(() => satisfies('1.0', '~=1.0')).toThrow(/unknown kind/);
  });

  it("needs NVIDIA's for its GPU", async () => {
    const file = path.join(temporaryFolder(), 'a.whl');
    const METADATA =
      'Name: tensorflow\nRequires-Dist: numpy>=1.26\nRequires-Dist: nvidia-cudnn-cu12<10.0,>=9.3; extra == "and-cuda"\n';
    writeFileSync(file, makeZip({ 'tensorflow-2.21.0.dist-info/METADATA': METADATA }));
    const requests = await readRequirements(file, 'and-cuda', ['any'], new AbortController().signal);
    expect(requests).toEqual([{ project: 'nvidia-cudnn-cu12', specifier: '<10.0,>=9.3', platformTags: ['any'] }]);
  });
});
