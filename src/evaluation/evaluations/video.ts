/** `dino eval video`: label propagation over a folder in the layout of DAVIS. */
import { z } from 'zod';
import { errorMessage } from '../../errors/errorMessage.js';
import { evaluationOf } from '../evaluation.js';
import { pathInput, wholeNumber } from '../options.js';
import { davisScore, type SequenceScore, scoreSequence, statisticsOf } from '../video/davis.js';
import { isDavis, openDavis, type Sequence } from '../video/davisFolder.js';
import { DAVIS_SETTINGS } from '../video/propagate.js';
import { DAVIS_SHORT_SIDE, Tracker } from '../video/track.js';

const statisticsSchema = z.object({ mean: z.number(), recall: z.number(), decay: z.number() });
const resultSchema = z.object({
  /** Region similarity J and contour accuracy F over all objects, from 0 to 1. */
  J: statisticsSchema,
  F: statisticsSchema,
  /** The mean of both means. */
  JF: z.number(),
  sequences: z.array(
    z.object({
      name: z.string(),
      frames: z.int(),
      objects: z.array(z.object({ J: statisticsSchema, F: statisticsSchema })),
    }),
  ),
});

export const video = evaluationOf({
  name: 'video',
  title: 'Video segmentation',
  description: "carry the first frame's labels through videos: J and F, as on DAVIS 2017",
  version: 1,
  inputs: z.object({
    davis: pathInput('folder', 'a folder in the layout of DAVIS: JPEGImages and Annotations, a folder a sequence'),
  }),
  options: z.object({
    frames: wholeNumber(
      `how many of the last frames labels come from, besides the first (default: ${DAVIS_SETTINGS.frames})`,
      0,
    ).optional(),
    radius: wholeNumber(
      `labels come from patches so many rows and columns away at most; 0: from anywhere (default: ${DAVIS_SETTINGS.radius})`,
      0,
    ).optional(),
    topk: wholeNumber(`how many patches a label comes from (default: ${DAVIS_SETTINGS.topK})`).optional(),
    size: wholeNumber(`pixels of the shorter side of a frame (default: ${DAVIS_SHORT_SIDE})`).optional(),
  }),
  result: resultSchema,
  suggest: ({ path }) =>
    isDavis(path) ? { davis: path } : 'it needs videos with labels, in a folder in the layout of DAVIS',
  async open({ davis }) {
    const { sequences, notes } = await openDavis(davis);
    return { data: sequences, inputs: { davis: { path: davis } }, notes };
  },
  async run(sequences: readonly Sequence[], { frames, radius, topk, size }, by) {
    const tracker = new Tracker(by, {
      frames: frames ?? DAVIS_SETTINGS.frames,
      radius: radius ?? DAVIS_SETTINGS.radius,
      topK: topk ?? DAVIS_SETTINGS.topK,
      shortSide: size ?? DAVIS_SHORT_SIDE,
    });
    const total = sequences.reduce((sum, sequence) => sum + sequence.frames.length, 0);
    let done = 0;
    const scores: SequenceScore[] = [];
    try {
      for (const sequence of sequences) {
        const { masks, truths, size } = await tracker.track(sequence, () => by.progress(++done, total, sequence.name));
        scores.push(scoreOf(sequence, () => scoreSequence(masks, truths, size)));
      }
    } finally {
      await tracker.dispose();
    }
    const { regions, contours, mean } = davisScore(scores);
    const { ofEachObject: _regions, ...J } = regions;
    const { ofEachObject: _contours, ...F } = contours;
    return {
      images: { sequences: sequences.length, frames: total },
      result: {
        ...{ J, F, JF: mean },
        sequences: sequences.map(({ name, frames }, at) => ({
          name,
          frames: frames.length,
          objects: objectsOf(scores[at] as SequenceScore),
        })),
      },
    };
  },
  summary: ({ JF }) => [{ metric: 'video_jf', value: JF * 100 }],
  lines: ({ J, F, JF, sequences }) => [
    ...sequences.flatMap(({ name, objects }) =>
      objects.map(
        (object, at) => `${name}, object ${at + 1}: J ${percent(object.J.mean)}, F ${percent(object.F.mean)}`,
      ),
    ),
    `J&F ${percent(JF)}`,
    ...Object.entries({ J, F }).map(
      ([name, { mean, recall, decay }]) =>
        `${name}: mean ${percent(mean)}, recall ${percent(recall)}, decay ${percent(decay)}`,
    ),
  ],
});

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function scoreOf({ name }: Sequence, score: () => SequenceScore): SequenceScore {
  try {
    return score();
  } catch (error) {
    throw new Error(`The sequence ${name} cannot be scored: ${errorMessage(error)}.`);
  }
}

const objectsOf = ({ regions, contours }: SequenceScore) =>
  regions.map((values, object) => ({ J: statisticsOf(values), F: statisticsOf(contours[object] ?? []) }));
