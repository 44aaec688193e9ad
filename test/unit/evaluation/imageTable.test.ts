import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageTable, readImageColumn } from '../../../src/evaluation/imageTable.js';
import { mostSimilar, votedClasses } from '../../../src/evaluation/neighborVotes.js';

const NAMES = ['cats/1.png', 'cats/2.png', 'dogs/1.png', 'dogs/rex.jpg'];
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dino-table-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const file = join(root, name);
  writeFileSync(file, text);
  return file;
}

describe('a table about images', () => {
  it('is joined by paths below the folder, longer paths, names and stems, however it is separated', async () => {
    const file = written(
      'mixed.csv',
      '\uFEFFid;image;weight\n1;cats/1.png;3\n2;/data/x/cats/2.png;4\n3;rex;5\n4;dogs\\1;6\n',
    );
    const table = await openImageTable(file, NAMES);
    expect(table).toMatchObject({
      columns: ['id', 'weight'],
      nameColumn: 'image',
      lines: 4,
      matched: 4,
      headerLine: 1,
    });
    expect(await readImageColumn(file, NAMES, { nameColumn: 'image', column: 'weight' })).toEqual(['3', '4', '6', '5']);
  });

  it('may lack images, have others, broken lines and quotes', async () => {
    const file = written('gaps.csv', 'file,kind\ncats/1.png,"a, ""b"""\nelsewhere.png,c\nrex.jpg\n\n');
    expect(await openImageTable(file, NAMES)).toMatchObject({ lines: 3, matched: 2 });
    expect(await readImageColumn(file, NAMES, { nameColumn: 'file', column: 'kind' })).toEqual(['a, "b"', '', '', '']);
  });

  it('takes no name that two images have', async () => {
    const file = written('twice.csv', 'file,kind\n1.png,x\nrex.jpg,y\n');
    expect(await readImageColumn(file, NAMES, { nameColumn: 'file', column: 'kind' })).toEqual(['', '', '', 'y']);
  });

  it('says what is wrong', async () => {
    const of = (name: string, text: string) => openImageTable(written(name, text), NAMES);
    await expect(of('empty.csv', '')).rejects.toThrow('empty.csv has no lines');
    await expect(of('head.csv', 'file,kind\n')).rejects.toThrow('head.csv has no lines');
    await expect(of('other.csv', 'a,b\nx,y\n')).rejects.toThrow(
      'No column of other.csv names these images: one must have',
    );
    await expect(openImageTable(join(root, 'none.csv'), NAMES)).rejects.toThrow(
      'none.csv cannot be read: it does not exist.',
    );
    const file = written('changed.csv', 'file,kind\nrex.jpg,y\n');
    await expect(readImageColumn(file, NAMES, { nameColumn: 'file', column: 'weight' })).rejects.toThrow('any more');
    await expect(readImageColumn(file, NAMES, { nameColumn: 'name', column: 'kind' })).rejects.toThrow(
      'changed.csv has no columns name and kind any more: choose the file again.',
    );
  });

  const NO_HEADER = [
    ['names of images', 'cats/1.png\ta\ncats/2.png\tb\n', ['a', 'b', '', '']],
    ['the name of an image that is not here', 'gone/1.png,a\ncats/2.png,b\n', ['', 'b', '', '']],
    ['a comment above', '# two lines\ncats/1.png;a\ncats/2.png;b\n', ['a', 'b', '', '']],
  ] as const;
  it.each(NO_HEADER)('needs no header: a first line with %s has an image', async (_what, text, values) => {
    const file = written('headless.txt', text);
    const { columns, nameColumn, headerLine } = await openImageTable(file, NAMES);
    expect([columns, nameColumn, headerLine]).toEqual([['column 2'], 'column 1', undefined]);
    expect(await readImageColumn(file, NAMES, { nameColumn, column: 'column 2' })).toEqual(values);
  });

  it('takes the names of its columns from a comment, and keeps columns of one name apart', async () => {
    const file = written('comment.csv', '# file,kind,kind\ncats/1.png,x,y\n');
    const table = await openImageTable(file, NAMES);
    expect(table).toMatchObject({ columns: ['kind', 'kind (2)'], nameColumn: 'file', headerLine: 1, lines: 1 });
    expect((await readImageColumn(file, NAMES, { nameColumn: 'file', column: 'kind (2)' }))[0]).toBe('y');
  });

  const SAME = [
    ['another ending', ['images/val_0.png'], 'val_0.JPEG'],
    ['other letter cases', ['A/IMG_1.JPG'], 'a/img_1.jpg'],
    ['another Unicode form', ['caf\u00e9.png'], 'cafe\u0301.png'],
    ['back slashes', ['x/a.png'], 'C:\\data\\x\\a.png'],
    ['the whole path, where another has the name alone', ['b/a.png', 'a.png'], 'b/a.png'],
    ['the name of a file above, where a folder has one too', ['a.png', 'b/a.png'], 'a.png'],
    ['its own ending, where two have the name', ['1.png', '1.jpg'], '1.png'],
  ] as const;
  it.each(SAME)('matches names with %s', async (_what, names, text) => {
    const file = written('same.csv', `file,kind\n${text},x\n`);
    const table = await openImageTable(file, names);
    expect(table.matched).toBe(1);
    expect((await readImageColumn(file, names, { nameColumn: 'file', column: 'kind' }))[0]).toBe('x');
  });

  it('is guided by where the folder lies; without that, what fits several lines alike gets no value', async () => {
    const file = written('paths.csv', 'file,kind\n/data/dogs/9.png,dog\n/data/cats/9.png,cat\n');
    const read = (options: object) =>
      readImageColumn(file, ['9.png'], { nameColumn: 'file', column: 'kind', ...options });
    expect(await read({ folder: '/data/cats' })).toEqual(['cat']);
    expect(await read({})).toEqual(['']);
    expect((await openImageTable(file, ['9.png'])).ambiguous).toMatchObject({ count: 1, examples: ['9.png'] });
  });

  it('names what matched otherwise, several times, or not at all', async () => {
    const file = written('told.csv', 'file,kind\nbirds/rex.jpg,a\ncats/1.png,b\ncats/1.png,c\nnone.png,d\n1.png,e\n');
    expect(await openImageTable(file, NAMES)).toMatchObject({
      matched: 2,
      elsewhere: { count: 1, examples: ['birds/rex.jpg for dogs/rex.jpg'] },
      repeated: { count: 1, examples: ['cats/1.png'] },
      unknown: { count: 1, examples: ['none.png'] },
      ambiguous: { count: 1, examples: ['1.png'] },
      missing: { count: 2, examples: ['cats/2.png', 'dogs/1.png'] },
    });
  });

  it('may say the same of an image twice, but where each needs one value nothing else', async () => {
    const read = (text: string, names: readonly string[] = NAMES) =>
      readImageColumn(written('said.csv', text), names, { nameColumn: 'file', column: 'kind', isStrict: true });
    expect(await read('file,kind\nrex.jpg,a\nrex.jpg,a\n')).toEqual(['', '', '', 'a']);
    await expect(read('file,kind\nrex.jpg,a\nrex.jpg,b\n')).rejects.toThrow(
      'said.csv says different classes of dogs/rex.jpg: leave one line for each image.',
    );
    const alike = 'file,kind\n/data/dogs/9.png,a\n/data/cats/9.png,a\n';
    expect(await read(alike, ['9.png'])).toEqual(['a']);
    expect(await openImageTable(written('alike.csv', alike), ['9.png'])).toMatchObject({
      ...{ matched: 1, ambiguous: { count: 0 }, repeated: { count: 1, examples: ['9.png'] } },
    });
  });

  it('has no nameless first column where only some lines have one cell more than the header', async () => {
    const ragged = written('ragged.csv', 'kind\ncats/1.png,x\ncats/2.png,y\ncats/1.png,z\nrex.jpg\n');
    await expect(openImageTable(ragged, NAMES)).rejects.toThrow('ragged.csv has 2 cells in line 2, but 1 column');
  });

  it('may have a separator behind the last cell of some lines', async () => {
    const file = written('behind.csv', 'file,kind\nrex.jpg,a,,\ncats/1.png,b\ncats/2.png,c\n');
    expect(await openImageTable(file, NAMES)).toMatchObject({ columns: ['kind'], matched: 3 });
  });

  it('loses no cell of a line that is too long', async () => {
    const file = written('long.csv', 'file,kind\nrex.jpg,big, brown\ncats/1.png,x\ncats/2.png,y\n');
    await expect(openImageTable(file, NAMES)).rejects.toThrow('has 3 cells in line 2, but 2 columns');
  });

  it('has its names in the column that names the most images, and of several in the one that names them most exactly', async () => {
    const nameColumn = async (name: string, text: string) =>
      (await openImageTable(written(name, text), NAMES)).nameColumn;
    // 1.png may be a cat or a dog.
    expect(await nameColumn('exact.csv', 'file,path\n1.png,cats/1.png\n2.png,cats/2.png\n')).toBe('path');
    expect(await nameColumn('first.csv', 'path,file\ncats/1.png,1.png\ncats/2.png,2.png\n')).toBe('path');
    expect(await nameColumn('most.csv', 'file,path\n1.png,cats/1.png\n2.png,\n')).toBe('file');
    const last = 'file,stem,path\n2.png,2,cats/2.png\nrex.jpg,rex,dogs/rex.jpg\n';
    expect(await nameColumn('last.csv', last)).toBe('path');
  });

  it('may begin with many other images: the column of the names is looked for below them, not in comments', async () => {
    const others = Array.from({ length: 300 }, (_, i) => `other${i}.png,x\n`).join('');
    const comments = '# was,cats/1.png\n% was,dogs/1.png\n# was,dogs/rex.jpg\n';
    const file = written('below.csv', `kind,file,was\n${others}`.replaceAll(/^(other.*),x$/gm, 'x,$1,') + comments);
    await expect(openImageTable(file, NAMES)).rejects.toThrow('No column of below.csv names these images');
    const late = written('late.csv', `file,was\n${others}${comments}cats/1.png,x\ncats/2.png,y\n`);
    expect(await openImageTable(late, NAMES)).toMatchObject({
      ...{ nameColumn: 'file', columns: ['was'], lines: 302, matched: 2 },
      unknown: { count: 300, examples: ['other0.png', 'other1.png', 'other2.png', 'other3.png', 'other4.png'] },
    });
  });

  it('may have ten million cells', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `${i}.png`);
    const cells = Array.from({ length: 999 }, (_, i) => i % 10).join(',');
    const file = written(
      'large.csv',
      `file,${Array.from({ length: 999 }, (_, i) => `c${i}`).join(',')}\n${names.map((name) => `${name},${cells}`).join('\n')}\n`,
    );
    expect(await openImageTable(file, names)).toMatchObject({ lines: 10_000, matched: 10_000 });
    const values = await readImageColumn(file, names, { nameColumn: 'file', column: 'c998' });
    expect(new Set(values)).toEqual(new Set(['8']));
  });
});

describe('neighbors', () => {
  const features = { rows: 5, dim: 2, data: Float32Array.of(1, 0, 0.8, 0.6, 0, 1, -1, 0, 0.98, 0.2) };

  it('are those with the largest cosines', () => {
    const { images, similarities } = mostSimilar(features, 0, 3);
    expect([...images]).toEqual([4, 1, 2]);
    expect(similarities[1]).toBeCloseTo(0.8);
    expect(mostSimilar({ rows: 1, dim: 2, data: Float32Array.of(1, 0) }, 0, 3).images).toHaveLength(0);
  });

  it('vote for their classes, the nearer with more weight; those without a class do not', () => {
    const k = 3;
    const indices = Int32Array.of(1, 2, 3, 0, 2, 3, 0, 1, 3);
    const distances = Float32Array.of(0.1, 0.9, 0.9, 0.1, 0.9, 0.9, 1, 1, 1);
    expect([...votedClasses({ k, indices, distances }, Int32Array.of(0, 1, 0, 0))].slice(0, 2)).toEqual([1, 0]);
    expect([
      ...votedClasses({ k: 1, indices: Int32Array.of(1, 0), distances: Float32Array.of(1, 1) }, Int32Array.of(-1, 2)),
    ]).toEqual([2, -1]);
  });
});
