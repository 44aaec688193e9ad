/** Labeled images as inputs of an evaluation: those that it learns from, and those that it is tested on. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import { counted } from '../text/counted.js';
import type { Opened, Reading } from './evaluation.js';
import { pathInput } from './options.js';
import { labeledByTable } from './tableLabels.js';

export const labeledInputs = z.object({
  train: pathInput('images', 'labeled images to learn from'),
  test: pathInput('images', 'labeled images to be tested on').optional(),
  trainLabels: pathInput('table', 'the classes of the first, from a table in the place of the folders').optional(),
  testLabels: pathInput('table', 'the classes of the others, likewise').optional(),
});

export type LabeledDataset = ImageDataset & { readonly classes: readonly string[] };

export interface LabeledSets {
  readonly train: LabeledDataset;
  readonly test?: LabeledDataset;
  /** Of both. A class is the same class by its name, wherever it stands in either list. */
  readonly classes: readonly string[];
}

/** What a labeled folder offers, or what it lacks. */
export const suggestLabeled = ({ path, classes }: ImageDataset): { train: string } | string =>
  classes === undefined
    ? 'the images have no classes: neither sub-folders nor a labels file tell them'
    : { train: path };

/** @param title of the evaluation, at the start of what is wrong @throws Error with one sentence */
export async function openLabeledSets(
  { train, test, trainLabels, testLabels }: z.output<typeof labeledInputs>,
  reading: Reading,
  title: string,
): Promise<Opened<LabeledSets>> {
  if (test === undefined && testLabels !== undefined)
    throw new Error(`${title}: there are classes of test images (${testLabels}), but no test images.`);
  const training = await openLabeled(train, trainLabels, reading, title);
  const testing = test === undefined ? undefined : await openLabeled(test, testLabels, reading, title);
  const sets = { train: training, ...(testing && { test: testing }) };
  const described = Object.entries(sets).map(([name, { dataset }]) => {
    const { path, fingerprint, leftOut } = dataset;
    return [name, { path, fingerprint, leftOut }] as const;
  });
  const tables = Object.entries({ trainLabels, testLabels }).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, { path, fingerprint: sha256Of(path) }] as const],
  );
  const classes = [...new Set([...training.dataset.classes, ...(testing?.dataset.classes ?? [])])];
  requireClasses(classes, train, title);
  const unknown = testing && notLearned(training.dataset, testing.dataset, title);
  return {
    data: { train: training.dataset, ...(testing && { test: testing.dataset }), classes },
    inputs: Object.fromEntries([...described, ...tables]),
    notes: [...Object.values(sets).flatMap(({ notes }) => notes), ...(unknown === undefined ? [] : [unknown])],
  };
}

/** @throws Error when there is nothing to tell apart */
export function requireClasses(classes: readonly string[], path: string, title: string): void {
  if (classes.length < 2)
    throw new Error(`${title} needs at least two classes, but all images of ${path} are “${classes[0]}”.`);
}

const sha256Of = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/**
 * What is to be said of test images that no training could classify.
 * @throws Error when they share no class with the training images
 */
export function notLearned(train: LabeledDataset, test: LabeledDataset, title: string): string | undefined {
  if (resolve(train.path) === resolve(test.path))
    return 'the test images are the training images, so the result says nothing of new ones: without --test, images are tested by others';
  const learned = new Set(train.classes);
  const strangers = test.classes.filter((name) => !learned.has(name));
  if (strangers.length === 0) return undefined;
  if (strangers.length === test.classes.length)
    throw new Error(
      `${title}: the test images of ${test.path} share no class with the training images of ${train.path}: ${strangers.slice(0, 3).join(', ')}.`,
    );
  const count = Array.from({ length: test.size }, (_, index) => test.classes[test.labelOf(index) ?? -1] ?? '').filter(
    (name) => !learned.has(name),
  ).length;
  const [are, they] = count === 1 ? ['is', 'it counts'] : ['are', 'they count'];
  return `${count} of ${counted(test.size, 'test image')} ${are} of classes that no training image has (${strangers.slice(0, 3).join(', ')}): ${they} as wrong`;
}

interface LabeledImages {
  readonly dataset: LabeledDataset;
  /** How they were read, in sentences without their full stops. */
  readonly notes: readonly string[];
}

/** @param table of classes, in the place of the folders' */
export async function openLabeled(
  path: string,
  table: string | undefined,
  reading: Reading,
  title: string,
): Promise<LabeledImages> {
  const opened = await openDataset(path, reading.signal);
  const { dataset, notes } = await withLabels(opened, table, reading, title);
  return { dataset, notes: [...datasetNotes(dataset).map((note) => `${path}: ${note}`), ...notes] };
}

/** @throws Error naming an image that has no class */
export async function withLabels(
  opened: ImageDataset,
  table: string | undefined,
  { tables }: Pick<Reading, 'tables'>,
  title: string,
): Promise<LabeledImages> {
  const { path } = opened;
  const labeled = table === undefined ? undefined : await labeledByTable(opened, table, { ...tables, isStrict: true });
  const dataset = labeled?.dataset ?? opened;
  const { classes, size } = dataset;
  const unlabeled = Array.from({ length: size }, (_, index) => index).find(
    (index) => dataset.labelOf(index) === undefined,
  );
  if (classes === undefined || unlabeled !== undefined) {
    const example = unlabeled === undefined ? '' : ` (${dataset.nameOf(unlabeled)} has none)`;
    throw new Error(
      `${title} needs a class for each image of ${path}${example}: put each class in a sub-folder of its own, or give a table of classes (--train-labels, --test-labels).`,
    );
  }
  return {
    dataset: { ...dataset, classes },
    notes: labeled?.notes ?? [],
  };
}

/** The class of each of these images, counted in `classes`. */
export function labelsOf(dataset: LabeledDataset, images: Int32Array, classes: readonly string[]): Int32Array {
  const places = new Map(classes.map((name, place) => [name, place]));
  return images.map((image) => places.get(dataset.classes[dataset.labelOf(image) ?? -1] ?? '') ?? -1);
}
