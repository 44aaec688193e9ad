/** The labeled images of a fine-tuning: those that it learns from, and those that test it. */
import { createHash } from 'node:crypto';
import { type ImageDataset, isImageDataset } from '../data/dataset.js';
import type { Dataset } from '../data/modality.js';
import { epochOrder } from '../data/randomness.js';
import { type LabeledDataset, notLearned, openLabeled, requireClasses, withLabels } from '../evaluation/labeledSets.js';
import type { Settings } from '../settings/settings.js';

export interface LabeledParts {
  /** All images of the run's data set, with their classes. */
  readonly dataset: LabeledDataset;
  /** Those that it learns from, in order. */
  readonly learned: Int32Array;
  readonly test: TestImages;
  /** How they were read, in sentences without their full stops. */
  readonly notes: readonly string[];
}

export interface TestImages {
  readonly dataset: LabeledDataset;
  readonly images: Int32Array;
}

type LabelSettings = Pick<Settings, 'finetune_labels' | 'finetune_test' | 'finetune_test_labels' | 'held_out' | 'seed'>;

const TITLE = 'Fine-tuning';

/**
 * @param settings `held_out` of each class are not learned from, whatever else tests the network: a resumed run may be given test images,
 * and still learns from the same. Without test images they test it.
 * @throws Error with one sentence when images have no class, or there is only one class; the reason of `stop` when it aborts
 */
export async function labeledParts(
  dataset: Dataset,
  settings: LabelSettings,
  stop: AbortSignal,
): Promise<LabeledParts> {
  if (!isImageDataset(dataset)) throw new Error(`${TITLE} is for images, and ${dataset.path} has none.`);
  const training = await labeledDataset(dataset, settings);
  requireClasses(training.dataset.classes, dataset.path, TITLE);
  const { learned, tested } = heldOut(training.dataset, settings);
  if (settings.finetune_test === '') {
    if (settings.finetune_test_labels !== '')
      throw new Error(
        `${TITLE}: there are classes of test images (${settings.finetune_test_labels}), but no test images.`,
      );
    return { ...training, learned, test: { dataset: training.dataset, images: tested } };
  }
  const reading = { tables: {}, signal: stop };
  const testing = await openLabeled(
    settings.finetune_test,
    settings.finetune_test_labels === '' ? undefined : settings.finetune_test_labels,
    reading,
    TITLE,
  );
  const unknown = notLearned(training.dataset, testing.dataset, TITLE);
  return {
    dataset: training.dataset,
    learned,
    test: { dataset: testing.dataset, images: allOf(testing.dataset) },
    notes: [...training.notes, ...testing.notes, ...(unknown === undefined ? [] : [unknown])],
  };
}

/** SHA-256 of the class of each image, by which they are known again: classes decide which images are held out. */
export const labelsFingerprint = ({ size, labelOf }: Pick<LabeledDataset, 'size' | 'labelOf'>): string =>
  createHash('sha256')
    .update(Array.from({ length: size }, (_, index) => labelOf(index)).join(' '))
    .digest('hex');

/** Whether the network is tested on the same images as before: only then can the results be compared. */
export const hasSameTest = (before: TestSettings, now: TestSettings): boolean =>
  before.finetune_test === now.finetune_test && before.finetune_test_labels === now.finetune_test_labels;

type TestSettings = Pick<Settings, 'finetune_test' | 'finetune_test_labels'>;

const labeledDataset = (dataset: ImageDataset, { finetune_labels: table }: Pick<LabelSettings, 'finetune_labels'>) =>
  withLabels(dataset, table === '' ? undefined : table, { tables: {} }, TITLE);

/** Which images a run has learned from. */
export async function learnedImages(
  dataset: ImageDataset,
  settings: Pick<LabelSettings, 'finetune_labels' | 'held_out' | 'seed'>,
): Promise<Int32Array> {
  if (settings.held_out === 0) return allOf(dataset);
  return heldOut((await labeledDataset(dataset, settings)).dataset, settings).learned;
}

const allOf = ({ size }: Pick<Dataset, 'size'>): Int32Array => Int32Array.from({ length: size }, (_, index) => index);

/** No epoch has this number: the draw is one of its own. */
const HOLDING_OUT = 0x7ffffffe;

/** A share of the images of each class, drawn by the seed: one at least of a class that has two, and never all. */
export function heldOut(
  { size, labelOf }: Pick<LabeledDataset, 'size' | 'labelOf'>,
  { held_out: share, seed }: Pick<Settings, 'held_out' | 'seed'>,
): { readonly learned: Int32Array; readonly tested: Int32Array } {
  const byClass = new Map<number | undefined, number[]>();
  for (const index of epochOrder(seed, HOLDING_OUT, size)) {
    const label = labelOf(index);
    const others = byClass.get(label);
    if (others === undefined) byClass.set(label, [index]);
    else others.push(index);
  }
  const tested = new Set([...byClass.values()].flatMap((images) => images.slice(0, countOf(share, images.length))));
  const all = allOf({ size });
  return { learned: all.filter((index) => !tested.has(index)), tested: all.filter((index) => tested.has(index)) };
}

const countOf = (share: number, images: number): number =>
  share === 0 ? 0 : Math.min(images - 1, Math.max(1, Math.round(share * images)));
