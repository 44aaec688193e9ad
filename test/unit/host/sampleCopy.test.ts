import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copySample, SAMPLE_RUN } from '../../../src/host/sample/sampleCopy.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const RECORD = {
  name: 'sample',
  dataset: { path: 'tiles/train', images: 2 },
  config: { knn_test: 'tiles/test', seed: 0 },
};
const FILES = {
  'LICENSE.md': 'CC0',
  'tiles/train/a.jpg': 'an image',
  [join(SAMPLE_RUN, 'checkpoints', '00000010', 'teacher.safetensors')]: 'weights',
};

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function aPackage(): { packaged: string; folder: string } {
  const packaged = temporaryFolder();
  put(packaged, { ...FILES, [join(SAMPLE_RUN, 'run.json')]: JSON.stringify(RECORD) });
  return { packaged, folder: join(temporaryFolder(), 'storage', 'sample') };
}

const text = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

describe('the copy of the sample', () => {
  test('has all files, and the paths in its record are of the copy', async () => {
    const { packaged, folder } = aPackage();
    expect(await copySample(packaged, folder)).toBe(4);
    for (const [name, wanted] of Object.entries(FILES)) expect(text(folder, name)).toBe(wanted);
    expect(JSON.parse(text(folder, join(SAMPLE_RUN, 'run.json')))).toEqual({
      name: 'sample',
      dataset: { path: join(folder, 'tiles', 'train'), images: 2 },
      config: { knn_test: join(folder, 'tiles', 'test'), seed: 0 },
    });
  });

  test('is left as it is by a second time, with what a person added', async () => {
    const { packaged, folder } = aPackage();
    await copySample(packaged, folder);
    const notes = join(folder, SAMPLE_RUN, 'notes.json');
    writeFileSync(notes, '{}');
    const before = statSync(join(folder, 'LICENSE.md')).ino;
    expect(await copySample(packaged, folder)).toBe(0);
    expect(statSync(join(folder, 'LICENSE.md')).ino).toBe(before);
    expect(existsSync(notes)).toBe(true);
  });

  test('is repaired where a file is gone, cut or other than it was', async () => {
    const { packaged, folder } = aPackage();
    await copySample(packaged, folder);
    const weights = join(SAMPLE_RUN, 'checkpoints', '00000010', 'teacher.safetensors');
    truncateSync(join(folder, weights), 3);
    writeFileSync(join(folder, 'tiles/train/a.jpg'), 'AN IMAGE');
    rmSync(join(folder, 'LICENSE.md'));
    writeFileSync(join(folder, 'copied.json'), 'no JSON');
    expect(await copySample(packaged, folder)).toBe(3);
    for (const [name, wanted] of Object.entries(FILES)) expect(text(folder, name)).toBe(wanted);
  });

  test('follows a newer version of the package: what that no longer has goes', async () => {
    const { packaged, folder } = aPackage();
    await copySample(packaged, folder);
    const [old, next] = ['00000010', '00000020'].map((step) => join(SAMPLE_RUN, 'checkpoints', step));
    if (old === undefined || next === undefined) throw new Error('unreachable');
    rmSync(join(packaged, old), { recursive: true });
    put(packaged, { [join(next, 'teacher.safetensors')]: 'better weights', 'LICENSE.md': 'CC0 1.0' });
    expect(await copySample(packaged, folder)).toBe(2);
    expect(existsSync(join(folder, old))).toBe(false);
    expect(text(folder, join(next, 'teacher.safetensors'))).toBe('better weights');
    expect(text(folder, 'LICENSE.md')).toBe('CC0 1.0');
  });

  test('the package is not written, and may be missing', async () => {
    const { packaged, folder } = aPackage();
    const before = text(packaged, join(SAMPLE_RUN, 'run.json'));
    await copySample(packaged, folder);
    expect(text(packaged, join(SAMPLE_RUN, 'run.json'))).toBe(before);
    expect(existsSync(join(packaged, 'copied.json'))).toBe(false);
    await expect(copySample(join(packaged, 'none'), folder)).rejects.toThrow(
      /^The sample run is missing in the extension, .*none: /,
    );
  });

  test('a place that cannot be written is named', async () => {
    const { packaged, folder } = aPackage();
    put(dirname(folder), { sample: 'a file in its place' });
    await expect(copySample(packaged, folder)).rejects.toThrow(/^The sample run cannot be copied to .*sample: /);
  });
});
