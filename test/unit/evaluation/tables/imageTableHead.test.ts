/** Which column of a table names images, and what its columns are called. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { ImageNames } from '../../../../src/evaluation/tables/imageNames.js';
import { imageTableHead } from '../../../../src/evaluation/tables/imageTableHead.js';
import type { TableOptions } from '../../../../src/evaluation/tables/tableOptions.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'a.csv');
});

const NAMES = ['cats/1.png', 'cats/2.png', 'dogs/rex.jpg'];
const headOf = (text: string, options: TableOptions = {}, names: readonly string[] = NAMES) => {
  writeFileSync(file, text);
  return imageTableHead(file, new ImageNames(names), options);
};
const columnsOf = async (text: string, options?: TableOptions) => (await headOf(text, options)).columns;

it('the separator is the one between whose cells are names of images', async () => {
  const { form, columns } = await headOf('cats/1.png,a;b\ncats/2.png,c;d\n');
  expect([form.separator, columns]).toEqual([',', ['column 1', 'column 2']]);
});

it('blank lines and comments are passed over, but an image may be called like a comment', async () => {
  const { headerLine, columns, isData } = await headOf('\n# made by hand\n\nfile,kind\ncats/1.png,x\n');
  expect([headerLine, columns]).toEqual([4, ['file', 'kind']]);
  const row = (line: number, ...cells: readonly string[]) => isData({ line, cells });
  expect([
    row(5, 'cats/1.png', 'x'),
    row(4, 'file', 'kind'),
    row(6, '# x', 'y'),
    row(7, ''),
    row(8, 'gone', ''),
  ]).toEqual([...[true, false, false, false, true]]);
  const own = await headOf('#1.png,x\n#2.png,y\n', {}, ['#1.png', '#2.png']);
  expect([own.headerLine, own.columns]).toEqual([undefined, ['column 1', 'column 2']]);
  expect([own.isData({ line: 2, cells: ['#2.png', 'y'] }), own.isData({ line: 3, cells: ['#3', 'y'] })]).toEqual([
    ...[true, false],
  ]);
});

it('a header below a comment of as many cells is the header when it alone has usual names of columns', async () => {
  const below = await headOf('# by Anna, 2024\nfile,kind\ncats/1.png,x\ncats/2.png,x\n');
  expect([below.headerLine, below.columns]).toEqual([2, ['file', 'kind']]);
  expect(below.isData({ line: 2, cells: ['file', 'kind'] })).toBe(false);
  expect(await columnsOf('# a,b\ntext,label\nx,cats/1.png\n')).toEqual(['text', 'label']);
});

it.each([
  ['# file,class', 'unknown,zebra', ['file', 'class']],
  ['# file,split,class', 'zulu,val,horse', ['file', 'split', 'class']],
  ['# name,split,class', 'yankee,class,zebra', ['name', 'split', 'class']],
  ['# file,score', 'zulu,7.5', ['file', 'score']],
  ['# a,b', 'zulu,7.5', ['a', 'b']],
])('of %j a row of an unknown image, %j, does not take the place', async (comment, row, names) => {
  const cells = row.split(',');
  const rest = cells.slice(1).map((_, at) => `${at}x`);
  const lines = [comment, row, ['cats/1.png', ...rest], ['cats/2.png', ...rest], ''].join('\n');
  const head = await headOf(lines);
  expect([head.headerLine, head.columns]).toEqual([1, names]);
  expect(head.isData({ line: 2, cells })).toBe(true);
});

it("Excel's word about the separator is no header", async () => {
  const { headerLine, columns, form } = await headOf('sep=;\nfile;kind\ncats/1.png;x\n');
  expect([headerLine, columns, form.separator]).toEqual([2, ['file', 'kind'], ';']);
});

it('without a line about images a table is refused', async () => {
  for (const text of ['# a\n# b\n', 'file,kind\n'])
    await expect(headOf(text)).rejects.toThrow('a.csv has no lines about images: a line for each image is expected.');
  await expect(headOf('file,kind\ngone,x\n')).rejects.toThrow(
    'No column of a.csv names these images: one must have their file names or paths, such as cats/1.png.',
  );
});

it('a comment of as many cells names the columns, its sign left out, and a blank line does not matter', async () => {
  expect(await columnsOf('##  file,#kind\ncats/1.png,x\n')).toEqual(['file', '#kind']);
  expect(await columnsOf('%file,a # b\ncats/1.png,x\n')).toEqual(['file', 'a # b']);
  expect(await headOf('# file,kind\n\ncats/1.png,x\n')).toMatchObject({ columns: ['file', 'kind'], headerLine: 1 });
  expect(await columnsOf('# file\ncats/1.png,x\n')).toEqual(['column 1', 'column 2']);
  const { columns, headerLine } = await headOf('# file,kind\ncats/1.png,x\n', { header: false });
  expect([columns, headerLine]).toEqual([['column 1', 'column 2'], undefined]);
});

it('as many cells as most lines have, and of two numbers that come as often the larger', async () => {
  const lines = 'cats/1.png,x\ncats/2.png,y,\ndogs/rex.jpg,z\n1.png,x\n';
  expect(await columnsOf(`# file,kind\n${lines}`)).toEqual(['file', 'kind']);
  const ties = 'cats/1.png,x\ncats/2.png,y\ndogs/rex.jpg,z,1\n';
  expect(await columnsOf(`# file,kind,more\n${ties}`)).toEqual(['file', 'kind', 'more']);
});

it('the first column needs no name, as R writes it', async () => {
  expect(await columnsOf('"kind"\n"cats/1.png" "x"\n"cats/2.png" "y"\n')).toEqual(['column 1', 'kind']);
  expect(await columnsOf('file,kind\ncats/1.png,x,\ncats/2.png,y,z\n')).toEqual(['column 1', 'file', 'kind']);
});

it('a separator behind the last cells makes no column, unless something stands there', async () => {
  for (const text of [
    'file,kind\ncats/1.png,x,\ncats/2.png,y,\n',
    'file,kind,\ncats/1.png,x,\ncats/2.png,y,\n',
    'file,kind,\ncats/1.png,x,\n',
  ])
    expect([text, await columnsOf(text)]).toEqual([text, ['file', 'kind']]);
  expect(await columnsOf('cats/1.png,x,\ncats/2.png,y,\n')).toEqual(['column 1', 'column 2']);
  expect(await columnsOf('cats/1.png,x\n'), 'a single line').toEqual(['column 1', 'column 2']);
  expect(await columnsOf('cats/1.png,x,\n')).toEqual(['column 1', 'column 2']);
  expect(await columnsOf('file,kind,more\ncats/1.png,x,\n')).toEqual(['file', 'kind', 'more']);
  expect(await columnsOf('file,,kind\ncats/1.png,\ncats/2.png,\n')).toEqual(['file', 'column 2', 'kind']);
  expect(await columnsOf('file,kind,\ncats/1.png,x,\ncats/2.png,y,z\n')).toEqual(['file', 'kind', 'column 3']);
});

it('a first line that names an image, or looks like one, is no header', async () => {
  const headerOf = async (text: string, names?: readonly string[]) => (await headOf(text, {}, names)).headerLine;
  expect(await headerOf('x,gone.png\ny,cats/2.png\n'), 'its ending').toBeUndefined();
  expect(await headerOf('rex,x\n1,y\n'), 'an image').toBeUndefined();
  const numbered = ['img7.png', 'img8.png'];
  expect(await headerOf('img123,x\nimg7,y\nimg8,z\n', numbered), 'another number').toBeUndefined();
  expect(await headerOf('img1 of,x\nimg7,y\nimg8,z\n', numbered)).toBe(1);
  expect(await headerOf('image,x\nimg7,y\n', numbered)).toBe(1);
  expect(await headerOf('img9,x\nimg7,y\nother,z\n', numbered), 'one of them is called otherwise').toBe(1);
});

it('a person says which column names the images', async () => {
  const text = 'file,path\n1.png,cats/1.png\n2.png,cats/2.png\n';
  const nameOf = async (options: TableOptions) => (await headOf(text, options)).name;
  expect([await nameOf({}), await nameOf({ nameColumn: 'file' }), await nameOf({ nameColumn: '2' })]).toEqual([
    1, 0, 1,
  ]);
  expect(await nameOf({ nameColumn: null })).toBe(1);
  await expect(nameOf({ nameColumn: 'name' })).rejects.toThrow('a.csv has no column “name”; it has file, path.');
});

it('columns of one name are counted', async () => {
  expect(await columnsOf('file,kind,kind,,kind\ncats/1.png,a,b,c,d\n')).toEqual([
    ...['file', 'kind', 'kind (2)', 'column 4', 'kind (3)'],
  ]);
});
