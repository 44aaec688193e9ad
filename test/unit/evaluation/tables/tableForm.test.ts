/** The separator and the encoding of a table, told by its first lines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { detectForm, type Fit } from '../../../../src/evaluation/tables/tableForm.js';
import type { TableOptions } from '../../../../src/evaluation/tables/tableOptions.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'a.txt');
});

/** Digits alone fit. */
const digits: Fit = (cells) => cells.filter((cell) => /^\d+$/.test(cell)).length / cells.length;
const detected = (text: string | Uint8Array, options: TableOptions = {}, fit: Fit = digits) => {
  writeFileSync(file, text);
  return detectForm(file, options, fit);
};
const separatorOf = async (text: string, options?: TableOptions, fit?: Fit) =>
  (await detected(text, options, fit)).separator;

it('the separator is the one whose cells fit', async () => {
  expect(await separatorOf('1\t2\n3\t4\n')).toBe('\t');
  expect(await separatorOf('1;2\n3;4\n')).toBe(';');
  expect(await separatorOf('1|2\n3|4\n')).toBe('|');
  expect(await separatorOf('1,2\n3,4\n')).toBe(',');
  expect(await separatorOf('1 2\n3 4\n')).toBe(' ');
  expect(await separatorOf('1\n3\n')).toBeUndefined();
  expect(
    await separatorOf('1,2;3\n4,5;6\n', {}, (cells) => (cells.length === 2 && /,/.test(cells[0] ?? '') ? 1 : 0)),
  ).toBe(';');
});

it('of separators that fit alike the first has it: tabs, semicolons, pipes, commas, spaces', async () => {
  expect(await separatorOf('1\t;|, 2\n', {}, () => 1)).toBe('\t');
  expect(await separatorOf('1;|, 2\n', {}, () => 1)).toBe(';');
  expect(await separatorOf('1|, 2\n', {}, () => 1)).toBe('|');
  expect(await separatorOf('1, 2\n', {}, () => 1)).toBe(',');
});

it('rows of one width tell a separator where nothing fits, and where all fits', async () => {
  for (const share of [0, 1]) {
    expect(await separatorOf('a;b\nc;d\n', {}, () => share)).toBe(';');
    expect(await separatorOf('a b;c\nd;e f\ng;h\n', {}, () => share)).toBe(';');
  }
  expect(await separatorOf('a;b c\nd e;f;g h\ni j\n', {}, () => 0), 'most rows are of this width').toBe(' ');
  expect(await separatorOf('a\tb;c;d\ne;f\ng\th\ti;j\n', {}, () => 0), 'but not the first').toBe(';');
  expect(await separatorOf('a\nb\n', {}, () => 0)).toBeUndefined();
});

it('a line of another width counts against a separator no more than it weighs', async () => {
  expect(await separatorOf('1,2\n3,4\n5,6\n7\n')).toBe(',');
  expect(await separatorOf('a\nb\nc,d\n', {}, () => 1)).toBeUndefined();
});

it('with a decimal comma, a comma separates nothing', async () => {
  expect(await separatorOf('1,5\n2,5\n', { decimal: ',' })).toBeUndefined();
  expect(await separatorOf('1,5\n2,5\n', { decimal: '.' })).toBe(',');
  expect(await separatorOf('1,5;2,5\n', { decimal: ',' })).toBe(';');
});

it('a person says the separator', async () => {
  expect(await separatorOf('1,2;x\n')).toBe(',');
  expect(await detected('1,2;x\n', { separator: ';' })).toMatchObject({
    ...{ separator: ';', sample: [{ cells: ['1,2', 'x'] }], said: 'columns between semicolons, utf-8' },
  });
});

it('what was decided is said', async () => {
  expect((await detected('1\n')).said).toBe('one column, utf-8');
  expect((await detected('1\t2\n')).said).toBe('columns between tabs, utf-8');
  const latin = await detected(Buffer.from('ä|1\n', 'latin1'));
  expect([latin.encoding, latin.said]).toEqual([
    ...['windows-1252', 'columns between pipes, read as windows-1252 (it is not in UTF-8)'],
  ]);
});

it('the sample has neither blank lines nor comments, unless there is nothing else', async () => {
  const rows = async (text: string) => (await detected(text)).sample.map(({ line }) => line);
  expect(await rows('# 1\n\n1,2\n% x\n,\n3,4\n')).toEqual([3, 6]);
  expect(await rows('#1,2\n\n#3,4\n')).toEqual([1, 3]);
  for (const empty of ['', '\n\n', ' \n'])
    await expect(detected(empty)).rejects.toThrow('a.txt has no lines: a line for each image is expected.');
});

it('the sample has 200 rows, and of wide tables 50,000 cells, but 20 rows at least', async () => {
  const sampled = async (rows: number, width: number) =>
    (await detected(`${Array.from({ length: width }, () => '1').join(';')}\n`.repeat(rows), { separator: ';' })).sample
      .length;
  expect(await sampled(201, 2)).toBe(200);
  expect(await sampled(150, 2)).toBe(150);
  expect(await sampled(60, 1000)).toBe(50);
  expect(await sampled(60, 1001)).toBe(50);
  expect(await sampled(30, 5000)).toBe(20);
});

it('of a long file the sample is of the whole lines in its first four million characters', async () => {
  const cell = 'x'.repeat(399_998);
  const { sample } = await detected(`${cell};1\n`.repeat(12), { separator: ';' });
  expect(sample.map(({ cells }) => [cells.length, cells[0]?.length, cells[1]])).toEqual(
    Array.from({ length: 10 }, () => [2, 399_998, '1']),
  );
  const single = await detected('x'.repeat(4_300_000), { separator: ';' });
  expect(single.sample).toHaveLength(1);
});

it("Excel's word about the separator is no row, and does not decide", async () => {
  const { separator, sample } = await detected('sep=;\n1;2\n3;4\n');
  expect([separator, sample]).toEqual([
    ';',
    [
      { line: 2, cells: ['1', '2'] },
      { line: 3, cells: ['3', '4'] },
    ],
  ]);
  expect((await detected('SEP=,\n1,2\n')).sample).toEqual([{ line: 2, cells: ['1', '2'] }]);
  expect((await detected('1;2\nsep=;\n')).sample).toHaveLength(2);
  expect((await detected('sep=;1\n1;2\n')).sample).toHaveLength(2);
});
