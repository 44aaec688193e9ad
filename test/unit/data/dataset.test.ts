import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../src/data/dataset.js';
import { describeLeftOut } from '../../../src/data/leftOut.js';
import { idx, noise, temporaryFolder, writeFiles, writePngs } from './images.js';

function names(dataset: { size: number; nameOf(index: number): string }): string[] {
  return Array.from({ length: dataset.size }, (_, index) => dataset.nameOf(index));
}

/** Permissions do not bind root, and only a process changes its user: mutants are tested in threads. */
const mayBeLocked = process.platform !== 'win32' && (process.getuid?.() !== 0 || isMainThread);

async function asNobody(act: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return act();
  process.seteuid?.(65_534);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
}

/** As `createRun` writes it, in part. */
const RUN_RECORD = '{"schemaVersion": 1, "versions": {"dino-lab": "0.1.0"}}';

describe('folders', () => {
  test('classes are the first-level sub-folders, images in natural order, extensions in any case', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'dog/10.PNG': 'x',
      'dog/2.jpg': 'x',
      'cat/deep/er/a.webp': 'x',
      'cat/b.TIFF': 'x',
      'cat/notes.txt': 'x',
      'cat/.hidden.png': 'x',
      '.git/c.png': 'x',
      'dog/c.gif': 'x',
      'dog/d.bmp': 'x',
      'dog/e.jpeg': 'x',
      'dog/f.tif': 'x',
    });
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual([
      'cat/b.TIFF',
      'cat/deep/er/a.webp',
      'dog/2.jpg',
      'dog/10.PNG',
      'dog/c.gif',
      'dog/d.bmp',
      'dog/e.jpeg',
      'dog/f.tif',
    ]);
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(dataset.labelOf(1)).toBe(0);
    expect(dataset.labelOf(2)).toBe(1);
  });

  test('the endings of every format that is read', async () => {
    const folder = temporaryFolder();
    const found = [
      'a.ppm',
      'b.pgm',
      'c.PGM',
      'd.jfif',
      'e.jpe',
      'f.png',
      'g.pbm',
      'h.pam',
      'i.avif',
      'j.dib',
      'k.apng',
    ];
    writeFiles(folder, Object.fromEntries(found.map((name) => [name, 'x'])));
    expect(names(await openDataset(folder))).toEqual(found);
  });

  test('what is left out is counted by ending, the most frequent first', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'a.png': 'x',
      '1.heic': 'x',
      'b/2.HEIC': 'x',
      'b/notes.txt': 'x',
      'b/Fig. 3 of 1999': 'x',
      'b/._a.jpg': 'x',
      '.DS_Store': 'x',
      '.cache/c.png': 'x',
    });
    const { leftOut } = await openDataset(folder);
    expect(leftOut).toEqual({
      endings: { '.heic': 2, '': 1, '.txt': 1 },
      others: [
        { reason: 'hidden folder', count: 1, example: '.cache' },
        { reason: 'hidden image', count: 1, example: 'b/._a.jpg' },
      ],
    });
    expect(describeLeftOut(leftOut)).toBe(
      '2 .heic files, 1 file without an ending, 1 .txt file; 1 hidden folder (.cache); 1 hidden image (b/._a.jpg)',
    );
    expect(describeLeftOut({ endings: {}, others: [] })).toBeUndefined();
  });

  test('an IDX file among images does not hide them', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'cat/1.png': 'x', 'train-images-idx3-ubyte': idx([1, 2, 2], new Uint8Array(4)) });
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(['cat/1.png']);
    expect(dataset.leftOut.others).toEqual([
      { reason: 'IDX file: to use it, give it itself', count: 1, example: 'train-images-idx3-ubyte' },
    ]);
  });

  test('a flat folder has no classes', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a.png': 'x', 'b.png': 'x' });
    const dataset = await openDataset(folder);
    expect(dataset.classes).toBeUndefined();
    expect(dataset.labelOf(0)).toBeUndefined();
  });

  const CLASS_LAYOUTS: readonly (readonly [string, readonly string[], readonly (string | undefined)[]])[] = [
    ['parts above them', ['test/a/1.png', 'train/a/1.png', 'train/b/1.png'], ['a', 'a', 'b']],
    [
      "Tiny ImageNet's, whose validation images have none",
      ['train/n01/images/1.png', 'train/n02/images/1.png', 'val/images/val_0.png'],
      ['n01', 'n02', undefined],
    ],
    ['a container and a name above them', ['images/set/a/1.png', 'images/set/b/1.png'], ['a', 'b']],
    ['parts alone, which are none', ['test/1.png', 'train/1.png'], [undefined, undefined]],
  ];
  test.each(CLASS_LAYOUTS)('classes with %s, and it is said', async (_name, files, wanted) => {
    const folder = temporaryFolder();
    writeFiles(folder, Object.fromEntries(files.map((file) => [file, 'x'])));
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(files);
    expect(files.map((_, index) => dataset.classes?.[dataset.labelOf(index) ?? -1])).toEqual(wanted);
    expect(dataset.classNote).toMatch(/classes: /);
  });

  test('one class, and a class that is called like a part', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'cats/1.png': 'x' });
    expect(await openDataset(folder)).toMatchObject({ classes: ['cats'], classNote: undefined });
    writeFiles(folder, { 'train/1.png': 'x' });
    expect(await openDataset(folder)).toMatchObject({ classes: ['cats', 'train'], classNote: undefined });
  });

  test('links are followed once, loops and links to nowhere do no harm', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a/1.png': 'x' });
    symlinkSync(folder, join(folder, 'a', 'loop'));
    symlinkSync(join(folder, 'gone.png'), join(folder, 'a', '0.png'));
    symlinkSync(join(folder, 'a', '1.png'), join(folder, 'a', '2.png'));
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(['a/1.png', 'a/2.png']);
    expect(dataset.leftOut.others).toEqual([
      { reason: 'link to a file that is not there', count: 1, example: 'a/0.png' },
      { reason: 'link to a folder that is read already', count: 1, example: 'a/loop/' },
    ]);
  });

  test('training runs inside the folder are not data', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a.png': 'x', 'runs/one/run.json': RUN_RECORD, 'runs/one/previews/step.png': 'x' });
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(['a.png']);
    expect(dataset.leftOut.others).toEqual([{ reason: 'training run', count: 1, example: 'runs/one/' }]);
  });

  test.each(['{}', 'no JSON', '{"versions": {"other": "1"}}'])('a run.json of another program: %s', async (record) => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'run.json': record, 'a.png': 'x', 'b/run.json': record, 'b/1.png': 'x' });
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(['a.png', 'b/1.png']);
    expect(dataset.leftOut).toEqual({ endings: { '.json': 2 }, others: [] });
  });

  test('a training run is no data set itself', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'run.json': RUN_RECORD, 'attention.png': 'x' });
    await expect(openDataset(folder)).rejects.toThrow(
      `${folder} is a training run (its run.json says so), not a folder of images.`,
    );
  });

  test('the fingerprint tells names and sizes, not the place', async () => {
    const files = { 'a/1.png': 'one', 'b/2.png': 'two' };
    const fingerprints: string[] = [];
    for (const changed of [files, files, { ...files, 'b/3.png': '' }, { ...files, 'b/2.png': 'other' }]) {
      const folder = temporaryFolder();
      writeFiles(folder, changed);
      fingerprints.push((await openDataset(folder)).fingerprint);
    }
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(new Set(fingerprints).size).toBe(3);
  });

  test('the stamp tells that a file was written again', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a.png': 'one', 'b.png': 'two' });
    const before = await openDataset(folder);
    expect((await openDataset(folder)).stamp).toBe(before.stamp);
    utimesSync(join(folder, 'a.png'), 1000, 1000);
    const after = await openDataset(folder);
    expect(after.stamp).not.toBe(before.stamp);
    expect(after.fingerprint).toBe(before.fingerprint);
  });

  test('the stamp tells that another file of the same name, size and time has taken the place', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a.png': 'one', 'b.png': 'two' });
    utimesSync(join(folder, 'a.png'), 1000, 1000);
    const before = await openDataset(folder);
    const other = temporaryFolder();
    writeFiles(other, { 'a.png': 'eno' });
    utimesSync(join(other, 'a.png'), 1000, 1000);
    renameSync(join(other, 'a.png'), join(folder, 'a.png'));
    const after = await openDataset(folder);
    expect(after.stamp).not.toBe(before.stamp);
    expect(after.fingerprint).toBe(before.fingerprint);
  });

  test('images are read by index', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 2, 12);
    const image = await (await openDataset(folder)).read(1, 3);
    expect([image.width, image.height]).toEqual([12, 13]);
    expect([...image.data]).toEqual([...noise(12 * 13 * 3, 2)]);
  });

  test('no such folder', async () => {
    const path = join(temporaryFolder(), 'nowhere');
    await expect(openDataset(path)).rejects.toThrow(
      `There is no folder or file ${path}; give a folder of images or an IDX file.`,
    );
  });

  test('an empty folder, and one without images', async () => {
    const folder = temporaryFolder();
    await expect(openDataset(folder)).rejects.toThrow(
      /has no images; PNG, JPEG, .* are looked for, in sub-folders too\.$/,
    );
    writeFiles(folder, { '1.heic': 'x', '2.HEIC': 'x', 'a/drawing.svg': 'x' });
    mkdirSync(join(folder, 'empty.png'));
    await expect(openDataset(folder)).rejects.toThrow('in sub-folders too, and it has 2 .heic files, 1 .svg file.');
  });

  test.runIf(mayBeLocked)('a folder that may not be read does not hide the others', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a/1.png': 'x', 'locked/2.png': 'x' });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'locked'), 0);
    await asNobody(async () => {
      const locked = join(folder, 'locked');
      const dataset = await openDataset(folder);
      expect(names(dataset)).toEqual(['a/1.png']);
      expect(dataset.leftOut.others).toEqual([
        {
          reason: expect.stringMatching(/^folder that cannot be read: permission is denied/),
          count: 1,
          example: 'locked/',
        },
      ]);
      await expect(openDataset(locked)).rejects.toThrow(`The folder ${locked} cannot be read: permission is denied`);
      await expect(openDataset(join(locked, 'x'))).rejects.toThrow(
        `The data set ${join(locked, 'x')} cannot be read: permission is denied`,
      );
    });
  });

  test.skipIf(process.platform !== 'linux')('a name that is not UTF-8 does not hide the others', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a.png': 'x' });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from('.png')]), 'x');
    const dataset = await openDataset(folder);
    expect(names(dataset)).toEqual(['a.png']);
    expect(dataset.leftOut.others).toEqual([
      { reason: 'name that is not UTF-8 and cannot be opened: rename it', count: 1, example: 'caf\uFFFD.png' },
    ]);
  });

  test('a file that is no data set', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'notes.txt': 'x' });
    await expect(openDataset(join(folder, 'notes.txt'))).rejects.toThrow(
      'notes.txt is neither a folder of images nor an IDX file of images: such files are named like',
    );
  });

  test.each([
    ['a ZIP archive', 'set.zip', 'PK\x03\x04', 'it is a ZIP archive: unpack it.'],
    ['a tar archive', 'set.tar', `${'a'.padEnd(257, '\0')}ustar`, 'it is a tar archive: unpack it.'],
    [
      'arrays',
      'set.npz',
      `PK\x03\x04${'\0'.repeat(22)}\x0b\0\0\0x_train.npy`,
      "it is NumPy's .npz: save its images as files.",
    ],
    ['labels', 'train-labels-idx1-ubyte', '\0\0\x08\x01\0\0\0\x01\0', 'it holds labels: give the file of the images.'],
    ['a damaged archive', 'set.tar.gz', '\x1f\x8b\x08', 'it is a compressed file (gzip) that cannot be unpacked.'],
    ['a table', 'people.csv', 'BMI,a\n', 'such files are named like train-images-idx3-ubyte, or end in .gz.'],
    ['an image', 'cat.gif', 'GIF89a\x01\0\x01\0', 'it is a single image: give its folder.'],
  ])('%s in place of a data set is called what it is', async (_name, file, contents, reason) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, file), contents, 'latin1');
    await expect(openDataset(join(folder, file))).rejects.toThrow(
      `${file} is neither a folder of images nor an IDX file of images: ${reason}`,
    );
  });
});

describe('a packed file in place of a data set', () => {
  test.each([
    ['labels', idx([2], Uint8Array.of(1, 2)), 'it holds labels: give the file of the images.'],
    ['nothing', Buffer.alloc(0), 'such files are named like train-images-idx3-ubyte, or end in .gz.'],
    ['an archive', Buffer.from(`${'a'.padEnd(257, '\0')}ustar`), 'it is a tar archive: unpack it.'],
  ])('with %s in it', async (_name, contents, reason) => {
    const file = join(temporaryFolder(), 'set.gz');
    writeFileSync(file, gzipSync(contents));
    await expect(openDataset(file)).rejects.toThrow(`an IDX file of images: ${reason}`);
  });
});

describe('IDX files', () => {
  const pixels = noise(3 * 4 * 5, 1);
  const images = idx([3, 4, 5], pixels);
  const labels = idx([3], Uint8Array.from([2, 0, 1]));

  test.each([
    ['plain', 'train-images-idx3-ubyte', images, 'train-labels-idx1-ubyte', labels],
    ['compressed', 'train-images-idx3-ubyte.gz', gzipSync(images), 'train-labels-idx1-ubyte.gz', gzipSync(labels)],
    ['with dots', 'train-images.idx3-ubyte', images, 'train-labels.idx1-ubyte', labels],
  ])('%s, by file and by folder', async (_name, imagesName, imagesFile, labelsName, labelsFile) => {
    const folder = temporaryFolder();
    writeFiles(folder, { [imagesName]: imagesFile, [labelsName]: labelsFile });
    for (const path of [folder, join(folder, imagesName)]) {
      const dataset = await openDataset(path);
      expect(dataset.size).toBe(3);
      expect(dataset.classes).toEqual(['0', '1', '2']);
      expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([2, 0, 1]);
      const gray = await dataset.read(1, 1);
      expect([gray.width, gray.height]).toEqual([5, 4]);
      expect([...gray.data]).toEqual([...pixels.subarray(20, 40)]);
      expect((await dataset.read(1, 3)).data.subarray(0, 4)).toEqual(
        Uint8Array.of(pixels[20] ?? 0, pixels[20] ?? 0, pixels[20] ?? 0, pixels[21] ?? 0),
      );
    }
  });

  test('a folder with both parts means the training part; the test part is opened by its file', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      't10k-images-idx3-ubyte': idx([1, 4, 5], pixels.subarray(0, 20)),
      'train-images-idx3-ubyte': images,
    });
    expect((await openDataset(folder)).size).toBe(3);
    const part = await openDataset(join(folder, 't10k-images-idx3-ubyte'));
    expect(part.size).toBe(1);
    expect(part.classes).toBeUndefined();
  });

  test('every truncation is an error that names the file', async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: images.length - 1 }), async (length) => {
        writeFiles(folder, { 'train-images-idx3-ubyte': images.subarray(0, length) });
        await expect(openDataset(folder)).rejects.toThrow(/train-images-idx3-ubyte (is truncated|is not an IDX file)/);
      }),
      { numRuns: 30 },
    );
    for (const [length, problem] of [
      [3, 'is not an IDX file of bytes with 3 dimensions.'],
      [4, 'is truncated: its header has 4 of 16 bytes.'],
      [15, 'is truncated: its header has 15 of 16 bytes.'],
      [16, 'is truncated: 3 x 4 x 5 need 76 bytes, but it has 16.'],
      [50, 'is truncated: 3 x 4 x 5 need 76 bytes, but it has 50.'],
    ] as const) {
      writeFiles(folder, { 'train-images-idx3-ubyte': images.subarray(0, length) });
      await expect(openDataset(folder)).rejects.toThrow(problem);
    }
  });

  const [train, test10k] = [idx([2, 4, 5], pixels.subarray(0, 40)), idx([1, 4, 5], pixels.subarray(0, 20))];
  const [trainLabels, testLabels] = [idx([2], Uint8Array.of(1, 0)), idx([1], Uint8Array.of(0))];
  const LAYOUTS: readonly (readonly [string, Record<string, Uint8Array>])[] = [
    [
      'each file in a folder of its name',
      {
        'train-images-idx3-ubyte/train-images-idx3-ubyte': train,
        'train-labels-idx1-ubyte/train-labels-idx1-ubyte': trainLabels,
        't10k-images-idx3-ubyte/t10k-images-idx3-ubyte': test10k,
        't10k-labels-idx1-ubyte/t10k-labels-idx1-ubyte': testLabels,
      },
    ],
    [
      'each file twice',
      {
        'train-images.idx3-ubyte': train,
        'train-images-idx3-ubyte/train-images-idx3-ubyte': train,
        'train-labels.idx1-ubyte': trainLabels,
        'train-labels-idx1-ubyte/train-labels-idx1-ubyte': trainLabels,
      },
    ],
    [
      "below torchvision's folders, packed too",
      {
        'FashionMNIST/raw/train-images-idx3-ubyte': train,
        'FashionMNIST/raw/train-images-idx3-ubyte.gz': gzipSync(train),
        'FashionMNIST/raw/t10k-images-idx3-ubyte': test10k,
        'FashionMNIST/raw/train-labels-idx1-ubyte.gz': gzipSync(trainLabels),
      },
    ],
    [
      "with EMNIST's names, packed without saying so",
      {
        'gzip/emnist-letters-test-images-idx3-ubyte': gzipSync(test10k),
        'gzip/emnist-letters-train-images-idx3-ubyte': gzipSync(train),
        'gzip/emnist-letters-train-labels-idx1-ubyte': gzipSync(trainLabels),
      },
    ],
    [
      'a folder for each part, under names of their own',
      { 'test/images': test10k, 'train/images': train, 'train/labels': trainLabels },
    ],
  ];
  test.each(LAYOUTS)('%s: the training part with its labels, and it is said', async (_name, files) => {
    const folder = temporaryFolder();
    writeFiles(folder, files);
    const dataset = await openDataset(folder);
    expect([dataset.size, dataset.classes]).toEqual([2, ['0', '1']]);
    expect([dataset.labelOf(0), dataset.labelOf(1)]).toEqual([1, 0]);
    expect(dataset.notes.join()).toMatch(/train.* is read; left out/);
  });

  test("QMNIST's labels are the first of each row", async () => {
    const folder = temporaryFolder();
    const rows = Buffer.alloc(12 + 2 * 8 * 4);
    rows.writeUInt32BE(0x0c02, 0);
    rows.writeUInt32BE(2, 4);
    rows.writeUInt32BE(8, 8);
    rows.writeInt32BE(7, 12);
    rows.writeInt32BE(3, 12 + 32);
    writeFiles(folder, { 'qmnist-train-images-idx3-ubyte': train, 'qmnist-train-labels-idx2-int': rows });
    const dataset = await openDataset(folder);
    expect([dataset.labelOf(0), dataset.labelOf(1)]).toEqual([7, 3]);
  });

  test('several data sets are not guessed among', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'MNIST/raw/train-images-idx3-ubyte': train, 'KMNIST/raw/train-images-idx3-ubyte': train });
    await expect(openDataset(folder)).rejects.toThrow(/holds 2 IDX data sets: give one of .*KMNIST.raw.train-images/);
  });

  test('beside image files, neither disappears without a word; missing labels are said', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'train-images-idx3-ubyte': train, 'sample.png': 'x' });
    const mixed = await openDataset(folder);
    expect(names(mixed)).toEqual(['sample.png']);
    const beside = { reason: 'IDX file: to use it, give it itself', count: 1, example: 'train-images-idx3-ubyte' };
    expect(mixed.leftOut.others).toContainEqual(beside);
    // Which of several data sets is meant is no question where there are images.
    writeFiles(folder, { 'MNIST/raw/train-images-idx3-ubyte': train, 'KMNIST/raw/train-images-idx3-ubyte': train });
    expect(names(await openDataset(folder))).toEqual(['sample.png']);
    const alone = await openDataset(join(folder, 'train-images-idx3-ubyte'));
    expect(alone.classNote).toBe('no classes: train-images-idx3-ubyte has no labels file');
  });

  test('a truncated archive, labels in place of images, and too few labels', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'train-images-idx3-ubyte.gz': gzipSync(images).subarray(0, 40) });
    await expect(openDataset(folder)).rejects.toThrow(
      /train-images-idx3-ubyte.gz cannot be unpacked: unexpected end of file/,
    );
    writeFiles(folder, { 'train-images-idx3-ubyte.gz': gzipSync(labels) });
    await expect(openDataset(folder)).rejects.toThrow('is not an IDX file of bytes with 3 dimensions.');
    writeFiles(folder, {
      'train-images-idx3-ubyte.gz': gzipSync(images),
      'train-labels-idx1-ubyte': idx([2], Uint8Array.of(0, 1)),
    });
    await expect(openDataset(folder)).rejects.toThrow('holds 2 labels for 3 images');
  });
});
