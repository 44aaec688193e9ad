/** Rows of tables, one after the other. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { Separator } from '../../../../src/evaluation/tables/tableOptions.js';
import { eachRow, isBlank, isComment, rowsIn, type TableRow } from '../../../../src/evaluation/tables/tableRows.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'a.csv');
});

async function rows(
  text: string,
  { separator = ',', most = 100 }: { readonly separator?: Separator | undefined; readonly most?: number } = {},
): Promise<TableRow[]> {
  writeFileSync(file, text);
  const all: TableRow[] = [];
  await eachRow(file, { encoding: 'utf-8', separator }, (row) => all.push(row) < most);
  return all;
}
const row = (line: number, ...cells: readonly string[]): TableRow => ({ line, cells });

it('rows have the lines that they begin in, where texts in quotation marks go over several', async () => {
  expect(await rows('a,b\n"x\ny\n",2\n\n"p","q\nr"\nz,4\n')).toEqual([
    ...[row(1, 'a', 'b'), row(2, 'x\ny', '2'), row(5, ''), row(6, 'p', 'q\nr'), row(8, 'z', '4')],
  ]);
});

it('rows are given until no more are wanted', async () => {
  expect(await rows('a\nb\nc\n', { most: 2 })).toEqual([row(1, 'a'), row(2, 'b')]);
  expect(await rows('a', { most: 1 })).toEqual([row(1, 'a')]);
});

it('what stops a row from being taken stops the reading', async () => {
  writeFileSync(file, 'a\nb\n');
  const taken: number[] = [];
  const failing = eachRow(file, { encoding: 'utf-8', separator: ',' }, ({ line }) => {
    taken.push(line);
    throw new Error('not this one');
  });
  await expect(failing).rejects.toThrow('not this one');
  expect(taken).toEqual([1]);
});

it('a quotation mark that is not closed is refused by its line, and its row is not given', async () => {
  writeFileSync(file, 'a,b\nx,1\n"y,2\nz,3\n');
  const taken: number[] = [];
  const reading = eachRow(file, { encoding: 'utf-8', separator: ',' }, ({ line }) => taken.push(line) > 0);
  await expect(reading).rejects.toThrow(
    'a.csv has a quotation mark in line 3 that no other closes before the next separator.',
  );
  expect(taken).toEqual([1, 2]);
});

it('a file that is not there, or not in its encoding, is refused', async () => {
  const none = eachRow(join(file, 'none'), { encoding: 'utf-8', separator: ',' }, () => true);
  await expect(none).rejects.toThrow('none cannot be read');
  writeFileSync(file, Buffer.from('ä', 'latin1'));
  await expect(eachRow(file, { encoding: 'utf-8', separator: ',' }, () => true)).rejects.toThrow('is not in utf-8');
});

it('cells are trimmed, and quotation marks with spaces before them are none of the text', async () => {
  expect(await rows(' a ,\t"b" , "c ""d""" ,"e"\n')).toEqual([row(1, 'a', 'b', 'c "d"', 'e')]);
  expect(rowsIn('"""b"""', ',', 1), 'its own marks').toEqual([row(1, '"b"')]);
  expect(rowsIn(' x"y", "a"b" , "', ',', 1)).toEqual([row(1, 'x"y"', '"a"b"', '"')]);
});

it('several spaces separate once, while other separators have empty cells between them', async () => {
  expect(await rows('  a   b \n', { separator: ' ' })).toEqual([row(1, 'a', 'b')]);
  expect(rowsIn('a,,b,', ',', 1)).toEqual([row(1, 'a', '', 'b', '')]);
});

it('without a separator a line is one cell', async () => {
  writeFileSync(file, 'a, b;c\td\n');
  const all: TableRow[] = [];
  await eachRow(file, { encoding: 'utf-8', separator: undefined }, (one) => all.push(one) > 0);
  expect(all[0]).toEqual(row(1, 'a, b;c\td'));
  expect(rowsIn('a, b|c d', undefined, 1)).toEqual([row(1, 'a, b|c d')]);
});

it('a part of a text gives its first rows', () => {
  expect(rowsIn('a;1\nb;2\nc;3\n', ';', 2)).toEqual([row(1, 'a', '1'), row(2, 'b', '2')]);
  expect(rowsIn('', ';', 2)).toEqual([]);
});

it('a row is blank without a text in any cell, and a comment by the first sign of its first cell', () => {
  expect([isBlank(row(1)), isBlank(row(1, '', '')), isBlank(row(1, '', 'a'))]).toEqual([true, true, false]);
  expect([isComment(row(1, '# a')), isComment(row(1, '%')), isComment(row(1, 'a #', '#'))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(isComment(row(1))).toBe(false);
});
