/** Classes of images from a table: which column has them, and what is said of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { ImageDataset } from '../../../src/data/dataset.js';
import { withLabels } from '../../../src/evaluation/labeledSets.js';
import { type LabelOptions, labeledByTable } from '../../../src/evaluation/tableLabels.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { datasetOf } from './surroundings.js';

const NAMES = ['a.png', 'b.png', 'c.png'];
const dataset = datasetOf([1, 2, 3], { nameOf: (index) => NAMES[index] ?? '' });
let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'labels.csv');
});

async function labeled(text: string, options: LabelOptions = {}) {
  writeFileSync(file, text);
  const { dataset: changed, notes } = await labeledByTable(dataset, file, options);
  const { classes } = changed;
  return { classes, of: NAMES.map((_, index) => classes[changed.labelOf(index) ?? -1]), notes };
}

it('classes come in the order of people, and an image without one has none', async () => {
  const { classes, of, notes } = await labeled('name,kind\na.png,10\nb.png,9\n');
  expect([classes, of]).toEqual([
    ['9', '10'],
    ['10', '9', undefined],
  ]);
  expect(notes).toEqual([
    'labels.csv: columns between commas, utf-8; line 1 is the header; 2 classes from “kind”; 2 of 3 images matched by “name”',
    expect.stringMatching(/^labels\.csv: 1 .* no class: c\.png$/),
  ]);
});

it('of several columns the one that is named like a class has them', async () => {
  const text = 'name,age,Label\na.png,1,x\nb.png,2,y\nc.png,3,x\n';
  expect((await labeled(text)).of).toEqual(['x', 'y', 'x']);
  expect((await labeled(text.replace('Label', 'species'))).classes).toEqual(['x', 'y']);
  await expect(labeled(text.replace('Label', 'kind'))).rejects.toThrow(
    'labels.csv has several columns: say by --class-column which has the classes: age, kind.',
  );
  await expect(labeled(text.replace('age', 'category'))).rejects.toThrow('has several columns');
});

it('a person names the column by its header, or by its number among all columns', async () => {
  const text = 'name,age,label\na.png,1,x\nb.png,2,y\nc.png,3,x\n';
  expect((await labeled(text, { classColumn: 'age' })).of).toEqual(['1', '2', '3']);
  expect((await labeled(text, { classColumn: '2' })).of).toEqual(['1', '2', '3']);
  expect((await labeled(text, { classColumn: '3' })).of).toEqual(['x', 'y', 'x']);
  await expect(labeled(text, { classColumn: '4' })).rejects.toThrow('has no column “4”');
  await expect(labeled(text, { classColumn: 'size' })).rejects.toThrow('has no column “size”');
});

it('the column of the names counts wherever it stands, and has no classes', async () => {
  const text = 'kind,file,age\nx,a.png,1\ny,b.png,2\nx,c.png,3\n';
  expect((await labeled(text, { classColumn: '1' })).of).toEqual(['x', 'y', 'x']);
  expect((await labeled(text, { classColumn: '3' })).of).toEqual(['1', '2', '3']);
  for (const classColumn of ['2', 'file'])
    await expect(labeled(text, { classColumn })).rejects.toThrow(
      `labels.csv names the images in column “${classColumn}”: choose another one for their classes.`,
    );
  await expect(labeled(text, { classColumn: '4' })).rejects.toThrow('has no column “4”; it has kind, file, age.');
});

it('a person says how the table is read', async () => {
  const { classes, notes } = await labeled('a.png,x\nb.png,y\n', { header: true, classColumn: '2' });
  expect(classes).toEqual(['y']);
  expect(notes[0]).toContain('; line 1 is the header; 1 class from “x”; 1 of 3 images matched by “a.png”');
});

it('without a header the class stands behind the name', async () => {
  const { of, notes } = await labeled('a.png\tx\t1\nb.png\ty\t2\nc.png\tx\t3\n');
  expect(of).toEqual(['x', 'y', 'x']);
  expect(notes[0]).toContain(
    'columns between tabs, utf-8; no header; 2 classes from “column 2”; 3 of 3 images matched',
  );
});

it('of paths, those of the folder of the images are meant', async () => {
  writeFileSync(file, 'name,kind\n/data/dogs/9.png,dog\n/data/cats/9.png,cat\n');
  const of = async (source: ImageDataset['source']) => {
    const { dataset: changed } = await labeledByTable(datasetOf([1], { nameOf: () => '9.png', source }), file, {});
    return [changed.classes, changed.labelOf(0)];
  };
  expect(await of({ kind: 'folder', root: '/data/cats', names: ['9.png'] })).toEqual([['cat'], 0]);
  expect(await of({ kind: 'folder', root: '/data/dogs', names: ['9.png'] })).toEqual([['dog'], 0]);
  expect(await of({ kind: 'folder', root: '/elsewhere', names: ['9.png'] })).toEqual([[], undefined]);
});

it('of many images without a class the first five are named, and that there are more', async () => {
  writeFileSync(file, 'name,kind\n0.png,x\n');
  const lastNote = async (size: number) =>
    (await labeledByTable(datasetOf([], { size, nameOf: (index) => `${index}.png` }), file, {})).notes.at(-1);
  const five = '1.png, 2.png, 3.png, 4.png, 5.png';
  expect(await lastNote(6)).toBe(`labels.csv: 5 images have no class: ${five}`);
  expect(await lastNote(7)).toBe(`labels.csv: 6 images have no class: ${five} …`);
});

it('names alone are refused', async () => {
  await expect(labeled('name\na.png\nb.png\n')).rejects.toThrow(
    'labels.csv has names of images and nothing else: there are no classes in it.',
  );
  await expect(labeled('name\na.png\nb.png\n', { areNumbers: true })).rejects.toThrow('there are no numbers in it.');
});

it('numbers are never taken from a column for its name, and are not counted as classes', async () => {
  const text = 'name,label,age\na.png,1,10\nb.png,2,20\nc.png,3,30\n';
  await expect(labeled(text, { areNumbers: true })).rejects.toThrow('which has the numbers: label, age.');
  const { notes } = await labeled(text, { areNumbers: true, classColumn: 'age' });
  expect(notes[0]).toContain('; numbers from “age”; 3 of 3 images matched by “name”');
  const short = await labeled('name,age\na.png,1\n', { areNumbers: true });
  expect(short.notes[1]).toBe('labels.csv: 2 images have no number: b.png, c.png');
});

it('an evaluation needs a class of each image', async () => {
  writeFileSync(file, 'name,kind\na.png,x\nb.png,y\n');
  await expect(withLabels(dataset, file, { tables: {} }, 'k-NN')).rejects.toThrow(
    'k-NN needs a class for each image of /data (c.png has none): put each class in a sub-folder of its own',
  );
  await expect(withLabels({ ...dataset, classes: undefined }, undefined, { tables: {} }, 'k-NN')).rejects.toThrow(
    'k-NN needs a class for each image of /data: put each class',
  );
  const own = await withLabels(dataset, undefined, { tables: {} }, 'k-NN');
  expect([own.dataset.classes, own.notes]).toEqual([['even', 'odd'], []]);
  writeFileSync(file, 'name,kind\na.png,x\nb.png,y\nc.png,y\n');
  const table = await withLabels(dataset, file, { tables: {} }, 'k-NN');
  expect([table.dataset.classes, table.notes.length]).toEqual([['x', 'y'], 1]);
});
