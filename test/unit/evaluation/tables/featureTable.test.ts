/** Features in tables: which lines count, what is a header, and what is said. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readFeatureTable } from '../../../../src/evaluation/tables/featureTable.js';
import type { TableOptions } from '../../../../src/evaluation/tables/tableOptions.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'a.csv');
});

async function read(text: string, options: TableOptions = {}) {
  writeFileSync(file, text);
  const { features, names, classes, notes } = await readFeatureTable(file, options);
  return { rows: features.rows, data: [...features.data], names, classes, notes: notes.join() };
}

it('the mark of the numbers is that of the rows below the first', async () => {
  expect((await read('a.b;0\n1,5;2,5\n')).data).toEqual([1.5, 2.5]);
  await expect(read('1.0;2.0\n1,5;2,5\n')).rejects.toEqual(
    new Error('a.csv has “1.0” in column 1 of line 1: a finite number with a decimal comma is expected.'),
  );
});

it('the first row tells the mark where all others are whole numbers, or where it is alone', async () => {
  expect((await read('0,5;2;4\n1;5;7\n2;1;1\n')).data).toEqual([0.5, 2, 4, 1, 5, 7, 2, 1, 1]);
  expect((await read('0,5;2;4\n')).data).toEqual([0.5, 2, 4]);
  expect((await read('sep=;\n0,5;2;4\n')).data).toEqual([0.5, 2, 4]);
});

it('a blank line is no row above and below a single column, nor between several', async () => {
  expect((await read('\n1.5\n2.5\n\n')).data).toEqual([1.5, 2.5]);
  expect((await read('\n1.5,1\n\n\n2.5,2\n\n')).data).toEqual([1.5, 1, 2.5, 2]);
  await expect(read('1\n\n\n2\n')).rejects.toThrow('a.csv has nothing in line 2: a number is expected.');
  await expect(read('1,2\n,\n3,4\n')).rejects.toThrow('has “” in column 1 of line 2: a finite number is expected.');
});

it('comments alone are no rows', async () => {
  await expect(read('# a\n# b\n')).rejects.toThrow('a.csv has no rows: a line for each image is expected.');
});

it('a line that begins with # is a row where it is a name with numbers behind it', async () => {
  expect((await read('b,1.5\n#a,2.5\n')).names).toEqual(['b', '#a']);
  expect((await read('name,f,g\n#a,1.5,2\n%b,2.5,3\nc,3.5,1\n')).names).toEqual(['#a', '%b', 'c']);
  expect((await read('name,kind,f\n#a,x,1.5\nb,y,2.5\n')).names, 'one of them is enough').toEqual(['#a', 'b']);
  for (const comment of ['# a,1.5,2', '#,1.5,2', '#a', '#a,1', '#a,1,2,3', '#a,x,y']) {
    const { names, notes } = await read(`name,f,g\nb,2.5,3\n${comment}\nc,3.5,1\n`);
    expect([comment, names]).toEqual([comment, ['b', 'c']]);
    expect(notes).toContain('1 comment line skipped');
  }
});

it('a header is as wide as the rows, or lacks the name of the first column', async () => {
  const named = await read('V1 V2\nx 1.5 2.5\ny 3.5 4.5\n');
  expect(named).toMatchObject({ rows: 2, data: [1.5, 2.5, 3.5, 4.5], names: ['x', 'y'] });
  expect((await read('V1 V2\nx 1.5 2.5\ny 3.5 4.5\n', { indexColumn: 'V1' })).data).toEqual([2.5, 4.5]);
  expect((await read('0,1\n3,0.5,0.25\n4,1.5,1.25\n')).data).toEqual([0.5, 0.25, 1.5, 1.25]);
  expect((await read('a,1\n3,0.5,0.25\n4,1.5,1.25\n')).data).toEqual([0.5, 0.25, 1.5, 1.25]);
  for (const [head, line] of [
    ['a,b,c,d', 'a.csv has 3 cells in line 2, but 4 in line 1: each line must have as many.'],
    ['a', 'a.csv has 3 cells in line 2, but 1 in line 1'],
    ['7,2', 'a.csv has 3 cells in line 2, but 2 in line 1'],
    ['nan,2', 'a.csv has 3 cells in line 2, but 2 in line 1'],
  ] as const)
    await expect(read(`${head}\n3,0.5,0.25\n4,1.5,1.25\n`), head).rejects.toThrow(line);
  await expect(read('a,b\nx,1,2\n', { header: false })).rejects.toThrow('a.csv has 2 cells in line 1, but 3 below it.');
});

it('an empty column is one behind the last separator only where its header is empty, too', async () => {
  expect((await read('a,b,\n1,2,\n3,5,\n')).data).toEqual([1, 2, 3, 5]);
  expect((await read('a,b\n1,2,\n3,5,\n')).data).toEqual([1, 2, 3, 5]);
  expect(await read('x,1.5,2,\n'), 'a single line').toMatchObject({ data: [1.5, 2], names: ['x'] });
  await expect(read('a,b,\n')).rejects.toThrow('a.csv has names of columns, but no rows below them.');
  await expect(read('a,b,c\n1,2,\n3,5,\n')).rejects.toThrow('a.csv has no number in column c: every cell of it is');
  await expect(read('a,b\n1,nan\n2,nan\n')).rejects.toThrow('a.csv has no number in column b: every cell of it is');
  await expect(read('a,b,\n1,2,\n3,5,7\n'), 'a cell is not empty').rejects.toThrow('has “” in column 3 of line 2');
});

it('a comment above the rows has the names of the columns where it has as many texts', async () => {
  for (const lead of ['#a,b', '# a,b', '##  a,b', '%a,b', '#,a,b', '# ,a,b'])
    expect([lead, (await read(`${lead}\n1.5,2.5\n2.5,1\n`, { indexColumn: 'a' })).data]).toEqual([lead, [2.5, 1]]);
  for (const lead of ['# a,b,c', '# a', '# a,2', '# 1,2'])
    expect((await read(`${lead}\n1.5,2.5\n2.5,1\n`)).notes, lead).toContain('; no header;');
  expect((await read('# a,b\n1.5,2.5\n2.5,1\n', { header: false })).notes).toContain('; no header;');
  expect((await read('# a,b\nc,d\n1.5,2.5\n')).notes, 'a header stands below it').toContain('line 2 is the header');
  expect(await read('1.5\n2.5\n')).toMatchObject({ rows: 2, notes: expect.stringContaining('; no header;') });
});

it('rows have their names, else what counts them, else their numbers from 0', async () => {
  expect((await read('name,id,a\nx,3,0.5\ny,4,1.5\n')).names).toEqual(['x', 'y']);
  expect((await read('id,a,b\n3,0.5,1\n4,1.5,2\n')).names).toEqual(['3', '4']);
  expect(await read('a,b\n0.5,1\n1.5,2\n')).toMatchObject({ names: ['0', '1'], classes: ['', ''] });
  expect(await read("name,class,a\n'=x,'+y,1\n"), 'marked as words by a spreadsheet').toMatchObject({
    ...{ names: ['=x'], classes: ['+y'] },
  });
});
