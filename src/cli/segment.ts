import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import type { Computing } from '../evaluation/evaluation.js';
import { readableImage } from '../evaluation/readableImage.js';
import { best, meanOfEachHead, segmentationMeans } from '../evaluation/segmentation/jaccard.js';
import { TooSmallError } from '../evaluation/segmentation/masks.js';
import { type Segmented, Segmenter } from '../evaluation/segmentation/segment.js';
import { Truths } from '../evaluation/segmentation/truths.js';
import { fileProblem } from '../files/fileProblem.js';
import { counted } from '../text/counted.js';
import { aboutNetwork, computeWith } from './computing.js';
import { noteLeftOut } from './leftOutNote.js';
import { liesIn } from './liesIn.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  parseCount,
  parseShare,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

interface SegmentOptions extends OutputOptions, CheckpointOptions {
  readonly engine: EngineChoice;
  readonly out?: string;
  readonly masks?: string;
  readonly keep: number;
  readonly longest: number;
}

/** The paper's share. */
const DEFAULT_KEEP = 0.6;
/** Above VOC's images, which are seen as they are. */
const DEFAULT_LONGEST = 512;

/** `dino segment FOLDER`: masks of images from attention, and how well they meet given ones. */
export const segmentCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('segment')
        .description(
          "make masks of images from the teacher's attention, one a head, and measure them against given masks",
        )
        .argument('<folder>', 'a folder of images, or an IDX file'),
    )
      .option('--out <folder>', 'where to write the masks, as head1/<image>.png, head2/<image>.png, …')
      .option(
        '--masks <folder>',
        "given masks to measure against, PNGs by the images' names as VOC has them: 0 background, 255 void",
      )
      .option('--keep <share>', 'the share of the attention that a mask holds', parseShare, DEFAULT_KEEP)
      .option('--longest <pixels>', 'reduce images so that no side is longer', parseCount, DEFAULT_LONGEST)
      .addOption(engineOption().default('auto')),
  ).action(async (folder: string, options: SegmentOptions) => {
    if (options.out === undefined && options.masks === undefined)
      throw new Error('There is nothing to do: give --out to write masks, --masks to measure them, or both.');
    const dataset = await openDataset(folder);
    if (options.out !== undefined) requirePlaceFor(dataset, options.out);
    const truths = options.masks === undefined ? undefined : await Truths.open(options.masks, dataset);
    const { result, lines } = await computeWith(options, datasetNotes(dataset), async (by, notes, line) => {
      noteLeftOut(line, dataset);
      const images = await segmentAll(dataset, truths, options, by);
      const scores = scoresOf(images);
      const without = truths === undefined ? 0 : images.length - images.filter(({ scores }) => scores).length;
      return {
        result: {
          ...{ ...aboutNetwork(by.network), engine: by.engine.name, notes, leftOut: dataset.leftOut },
          ...{ folder, keep: options.keep, out: options.out ?? null, withoutMask: without, jaccard: scores ?? null },
          images: images.map(({ name, seen, scores }) => ({ name, seen, ...scores })),
        },
        lines: [
          `${counted(images.length, 'image')}, ${by.network.name}${options.out === undefined ? '' : `: masks in ${options.out}`}`,
          ...(scores === undefined ? [] : linesOf(scores, without)),
        ],
      };
    });
    writeResult(options, result, lines);
  });

/** @throws Error when masks would lie among the images, or two images would have one mask */
function requirePlaceFor(dataset: ImageDataset, out: string): void {
  if (liesIn(out, dataset.path))
    throw new Error(`The masks cannot be written to ${out}: it lies in ${dataset.path}, where they would be images.`);
  const masks = new Map<string, string>();
  for (let index = 0; index < dataset.size; index++) {
    const name = dataset.nameOf(index);
    const other = masks.get(withoutExtension(name));
    if (other !== undefined)
      throw new Error(`The images ${other} and ${name} of ${dataset.path} would have one mask: rename one of them.`);
    masks.set(withoutExtension(name), name);
  }
}

const withoutExtension = (name: string): string => name.replace(/\.[^./]+$/, '');

type SegmentedImage = Omit<Segmented, 'masks'> & { readonly name: string };

async function segmentAll(
  dataset: ImageDataset,
  truths: Truths | undefined,
  { out, keep, longest }: SegmentOptions,
  by: Computing,
): Promise<SegmentedImage[]> {
  const segmenter = new Segmenter(by, { keep, longest });
  const images: SegmentedImage[] = [];
  try {
    for (let index = 0; index < dataset.size; index++) {
      const name = dataset.nameOf(index);
      by.progress(index + 1, dataset.size, `masks of ${dataset.path}`);
      if (out === undefined && truths?.has(name) === false) continue;
      const image = await readableImage(dataset, index, by);
      if (image === undefined) continue;
      const truth = truths?.has(name) ? await truths.of(name, image, by.warn) : undefined;
      const segmented = await segmenter.segment(image, truth).catch((error: unknown) => {
        if (!(error instanceof TooSmallError)) throw error;
        by.warn(`The image ${name} is left out: ${error.message}.`);
        return undefined;
      });
      if (segmented === undefined) continue;
      const { masks, ...said } = segmented;
      if (out !== undefined) await writeMasks(out, name, masks, image);
      images.push({ name, ...said });
    }
  } finally {
    await segmenter.dispose();
  }
  if (images.length === 0) throw new Error(`None of the images in ${dataset.path} can be segmented.`);
  return images;
}

async function writeMasks(
  out: string,
  name: string,
  masks: readonly Uint8Array[],
  { width, height }: { readonly width: number; readonly height: number },
): Promise<void> {
  for (const [head, mask] of masks.entries()) {
    const path = join(out, `head${head + 1}`, `${withoutExtension(name)}.png`);
    const pixels = mask.map((value) => value * 255);
    const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, png);
    } catch (error) {
      throw new Error(`The mask ${path} cannot be written: ${fileProblem(error)}.`);
    }
  }
}

interface Scores {
  readonly images: number;
  readonly ofEachHead: readonly number[];
  /** Counted from 1. */
  readonly bestHead: number;
  readonly ofBestHeadPerImage: number;
  /** Of each head: what tells a mask that is too small from one beside the object. Recall is over the images that have an object. */
  readonly precision: readonly (number | null)[];
  readonly recall: readonly (number | null)[];
  readonly withoutVoid: {
    readonly ofEachHead: readonly number[];
    readonly bestHead: number;
    readonly ofBestHeadPerImage: number;
  };
}

function scoresOf(images: readonly SegmentedImage[]): Scores | undefined {
  const scored = images.flatMap(({ scores }) => scores ?? []);
  if (scored.length === 0) return undefined;
  const meansOf = (values: (readonly number[])[]) => {
    const means = segmentationMeans(values);
    return { ...means, bestHead: best(means.ofEachHead) + 1 };
  };
  return {
    images: scored.length,
    ...meansOf(scored.map(({ jaccard }) => jaccard)),
    precision: meanOfEachHead(scored.map(({ precision }) => precision)),
    recall: meanOfEachHead(scored.map(({ recall }) => recall)),
    withoutVoid: meansOf(scored.map(({ withoutVoid }) => withoutVoid)),
  };
}

function linesOf(scores: Scores, without: number): string[] {
  const { images, ofEachHead, bestHead, ofBestHeadPerImage, precision, recall, withoutVoid } = scores;
  const percent = (value: number) => `${(value * 100).toFixed(2)} %`;
  const share = (value: number | null | undefined) => (value == null ? 'none' : `${(value * 100).toFixed(0)} %`);
  return [
    `Jaccard over ${counted(images, 'image')}${without === 0 ? '' : ` (without a mask: ${without})`}:`,
    ...ofEachHead.map(
      (value, head) =>
        `head ${head + 1}: ${percent(value)}, void left out ${percent(withoutVoid.ofEachHead[head] as number)}; ${share(precision[head])} of the mask is object, ${share(recall[head])} of the object is masked`,
    ),
    `best head ${bestHead}; the best head of each image: ${percent(ofBestHeadPerImage)}, void left out ${percent(withoutVoid.ofBestHeadPerImage)}`,
  ];
}
