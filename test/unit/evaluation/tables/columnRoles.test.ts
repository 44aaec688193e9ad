/** What each column of a table of features is taken for. */
import { expect, it } from 'vitest';
import { columnRoles } from '../../../../src/evaluation/tables/columnRoles.js';
import { ColumnSurvey } from '../../../../src/evaluation/tables/columnSurvey.js';
import type { TableOptions } from '../../../../src/evaluation/tables/tableOptions.js';

/** Of these rows below a header; without one, columns are called by their numbers. */
function roles(
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
) {
  const columns = (rows[0] ?? []).map((_, place) => {
    const column = new ColumnSurvey('.');
    for (const row of rows) column.add(row[place] ?? '');
    return column;
  });
  const labels = columns.map((_, place) => header?.[place] || String(place + 1));
  return columnRoles({ file: 'a.csv', labels, header, columns, rows: rows.length }, options);
}
/** The columns of a table that counts its rows, beside columns of fractions. */
const counted = (name: string, numbers: readonly number[] = [3, 4, 7]) =>
  roles(
    [name, 'a', 'b'],
    numbers.map((number) => [String(number), '0.5', '0.25']),
  ).index;

const NAMES = [
  ...['name', 'Names', 'path', 'paths', 'file', 'files', 'image name', 'image_paths', 'img-file', 'filename'],
  ...['file path', 'picturename', 'picture_files', 'imagefile', 'image', 'images', 'IMG', 'imageid', 'image_id'],
  ...['image id', 'image-id', 'picture', 'FileName', '_name'],
];
const NO_NAMES = ['namer', 'surname', 'my image', 'images2', 'image id2', 'the picture', 'img x', 'filenames2', 'pat'];

it('images are named in the column that is called so, else in the first of texts', () => {
  const nameOf = (header: string) => roles(['note', header, 'f'], [['good', 'x.png', '1.5']]).name;
  expect(NAMES.filter((header) => nameOf(header) !== 1)).toEqual([]);
  expect(NO_NAMES.filter((header) => nameOf(header) !== 0)).toEqual([]);
});

const CLASSES = [
  ...['class', 'Classes', 'class name', 'class_name', 'class-name', 'classname', 'class id', 'class_id', 'classid'],
  ...['label', 'LABELS', 'target', 'targets', 'category', 'species'],
];
const NO_CLASSES = ['subclass', 'classy', 'class names', 'labelled', 'my label', 'targeted', 'categoryx', 'a species'];

it('classes are in the column that is called so, else in the first of texts that are no names', () => {
  const classOf = (header: string) => roles(['name', 'note', header, 'f'], [['x', 'good', 'cat', '1.5']]).class;
  expect(CLASSES.filter((header) => classOf(header) !== 2)).toEqual([]);
  expect(NO_CLASSES.filter((header) => classOf(header) !== 1)).toEqual([]);
});

const INDICES = [
  ...['', 'Unnamed: 0', 'id', 'ID', 'idx', 'index', 'row', 'rowid', 'row_id', 'row number', 'row-name', 'row names'],
  ...['nr', 'no', 'no.', '#'],
];
const NO_INDICES = [
  'unnamed: 01',
  'ids',
  'guid',
  'idx2',
  'indices',
  'rows',
  'row idx',
  'a row',
  'nor',
  'no..',
  '##',
  'nr2',
];

it('the first column of numbers counts the rows where it is called so', () => {
  expect(INDICES.filter((header) => counted(header) !== 0)).toEqual([]);
  expect(NO_INDICES.filter((header) => counted(header) !== undefined)).toEqual([]);
});

it('a column that is called an index has a whole number in each row, and without a name they ascend', () => {
  expect([counted('id', [7, 3, 4]), counted('', [7, 3, 4]), counted('id', [3, 4.5, 7])]).toEqual([
    0,
    undefined,
    undefined,
  ]);
  const withGap = roles(
    ['id', 'a'],
    [
      ['1', '0.5'],
      ['', '0.5'],
      ['3', '0.5'],
    ],
  );
  expect(withGap).toMatchObject({ index: undefined, features: [0, 1] });
  expect(roles(['id'], [['1'], ['2']]), 'what else would be the features').toMatchObject({
    index: undefined,
    features: [0],
  });
  expect(
    roles(
      ['a', 'id'],
      [
        ['0.5', '1'],
        ['0.5', '2'],
      ],
    ),
    'it comes first',
  ).toMatchObject({ index: undefined });
  expect(
    roles(
      ['name', 'id', 'a'],
      [
        ['x', '1', '0.5'],
        ['y', '2', '0.5'],
      ],
    ),
  ).toMatchObject({ name: 0, index: 1 });
});

it('without a header, numbers that ascend count the rows only in the first column, beside fractions or from 0 or 1', () => {
  const index = (...rows: readonly string[]) =>
    roles(
      undefined,
      rows.map((row) => row.split(' ')),
    ).index;
  expect([index('3 0.5', '4 2.5', '8 0.5'), index('3 0.5', '4 2.5')]).toEqual([0, undefined]);
  expect(index('3 0.5 1', '4 2.5 1', '8 0.5 2'), 'beside whole numbers').toBeUndefined();
  expect(index('3 0.5 1', '4 2.5 1', '8 0.5 2.5'), 'some are whole').toBe(0);
  expect(index('x 3 0.5', 'y 4 2.5', 'z 8 0.5'), 'behind a name').toBeUndefined();
  expect(index('3 0.5', '2 2.5', '8 0.5')).toBeUndefined();
  const five = (first: number, last = first + 4) => [0, 1, 2, 3].map((step) => `${first + step} 9`).concat(`${last} 9`);
  expect([index(...five(0)), index(...five(1)), index(...five(2)), index(...five(0, 5))]).toEqual([
    ...[0, 0, undefined, undefined],
  ]);
  expect(index(...five(0).slice(0, 4)), 'four rows ascend by chance').toBeUndefined();
});

it('texts are names, classes and what is left out, in this order', () => {
  const row = ['x.png', 'cat', 'good', '0.5'];
  expect(roles(['a', 'b', 'c', 'd'], [row])).toEqual({
    name: 0,
    class: 1,
    index: undefined,
    unused: [2],
    features: [3],
  });
  expect(
    roles(undefined, [row, ['x.png', 'dog', 'bad', '0.5']]),
    'names are unique where nothing calls them so',
  ).toEqual({
    ...{ name: 1, class: 0, index: undefined, unused: [2], features: [3] },
  });
  expect(
    roles(
      ['a', 'f'],
      [
        ['x', '0.5'],
        ['x', '0.5'],
      ],
    ),
    'below a header names may come twice',
  ).toMatchObject({ name: 0 });
  expect(
    roles(undefined, [
      ['x', '0.5'],
      ['x', '0.5'],
    ]),
  ).toMatchObject({ name: undefined, class: 0 });
  expect(roles(['label', 'f'], [['cat', '0.5']]), 'what is called a class is no name').toMatchObject({
    ...{ name: undefined, class: 0 },
  });
  expect(
    roles(
      ['label', 'f', 'g'],
      [
        ['3', '0.5', '1'],
        ['4', '0.5', '1'],
      ],
    ),
    'classes may be numbers',
  ).toMatchObject({
    ...{ name: undefined, class: 0, features: [1, 2] },
  });
});

it('a person says what a column is, or that there is none', () => {
  const rows = [['x.png', 'cat', '1', '0.5']];
  const header = ['name', 'class', 'id', 'f'];
  const of = (options: TableOptions) => roles(header, rows, options);
  expect(of({})).toEqual({ name: 0, class: 1, index: 2, unused: [], features: [3] });
  expect(of({ nameColumn: null, classColumn: null, indexColumn: null })).toEqual({
    ...{ name: undefined, class: undefined, index: undefined, unused: [0, 1], features: [2, 3] },
  });
  expect(of({ nameColumn: 'class' }), 'the other text has the classes').toMatchObject({ name: 1, class: 0 });
  expect(of({ classColumn: 'name' }), 'what is called a class is no name').toMatchObject({
    ...{ name: undefined, class: 0, unused: [1] },
  });
  expect(of({ nameColumn: '3' })).toEqual({ name: 2, class: 1, index: undefined, unused: [0], features: [3] });
  expect(of({ indexColumn: 'f' })).toMatchObject({ index: 3, features: [2] });
});

it('a column without a number or a text, and a table without features, are refused', () => {
  expect(() =>
    roles(
      ['a', 'b'],
      [
        ['0.5', ''],
        ['0.5', 'nan'],
      ],
    ),
  ).toThrow('a.csv has no number in column b: every cell of it is empty or no finite number.');
  expect(() =>
    roles(
      ['a', 'b'],
      [
        ['0.5', ''],
        ['0.5', 'x'],
      ],
    ),
  ).not.toThrow();
  expect(() => roles(['name', 'b'], [['x', 'y']])).toThrow(
    'a.csv has no features: no column of it has numbers (its columns are name, b).',
  );
  expect(() => roles(['name', 'f'], [['x', '0.5']], { classColumn: 'f' })).toThrow('a.csv has no features');
});
