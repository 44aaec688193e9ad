/** The scores of the DAVIS 2017 benchmark, semi-supervised: davis2017-evaluation's evaluation.py and utils.py, in float64. */

import type { Size } from '../nearest.js';
import { jaccard, VOID } from '../segmentation/jaccard.js';
import { contourScore } from './contours.js';

export interface Statistics {
  readonly mean: number;
  /** The share of values above .5. */
  readonly recall: number;
  /** The mean of the first quarter less that of the last one; neighboring quarters share a frame. */
  readonly decay: number;
}

/** `db_statistics`; its places wrap around beyond 256 values, which these do not. @throws Error when there are no values */
export function statisticsOf(values: readonly number[]): Statistics {
  if (values.length === 0) throw new Error('there are no frames to take statistics of');
  const place = (quarter: number) => Math.round(1 + ((values.length - 1) * quarter) / 4 + 1e-10) - 1;
  const between = (from: number, to: number) => meanOf(values.slice(place(from), place(to) + 1));
  return {
    mean: meanOf(values),
    recall: values.filter((value) => value > 0.5).length / values.length,
    decay: between(0, 1) - between(3, 4),
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export interface SequenceScore {
  /** Region similarity J, [objects][frames]; the first and the last frame are not counted. */
  readonly regions: readonly (readonly number[])[];
  /** Contour accuracy F, likewise. */
  readonly contours: readonly (readonly number[])[];
}

/**
 * Objects are those of the first truth; where one is lost its mask is empty. Void is background.
 * @param masks a label for each pixel of each frame; the first frame's is not looked at
 * @throws Error when there are fewer than 3 frames, no object, or a mask has a label above the objects'
 */
export function scoreSequence(masks: readonly Uint8Array[], truths: readonly Uint8Array[], size: Size): SequenceScore {
  if (truths.length < 3) throw new Error(`too few frames (${truths.length}): the first and the last are not counted`);
  const counted = truths.slice(1, -1).map((truth, i) => ({ truth, mask: masks[i + 1] as Uint8Array }));
  const objects = objectsOf(truths[0] as Uint8Array);
  if (objects === 0) throw new Error('the first annotation has no object');
  const found = Math.max(...counted.map(({ mask }) => mask.reduce((most, label) => Math.max(most, label), 0)));
  if (found > objects)
    throw new Error(
      `a mask has the label ${found}, but the first annotation has ${objects === 1 ? '1 object' : `${objects} objects`}`,
    );
  return sequenceScore(counted.map(({ mask, truth }) => scoreFrame(mask, truth, objects, size)));
}

export interface FrameScore {
  readonly region: number;
  readonly contour: number;
}

/** Of each object in one frame. */
export const scoreFrame = (mask: Uint8Array, truth: Uint8Array, objects: number, size: Size): FrameScore[] =>
  Array.from({ length: objects }, (_, object) => {
    const [ours, theirs] = [only(mask, object + 1), only(truth, object + 1)];
    return { region: jaccard(ours, theirs), contour: contourScore(ours, theirs, size) };
  });

/** @param frames those that count: all but the first and the last; at least one */
export function sequenceScore(frames: readonly (readonly FrameScore[])[]): SequenceScore {
  const ofEach = (key: keyof FrameScore) =>
    (frames[0] ?? []).map((_, object) => frames.map((scores) => (scores[object] as FrameScore)[key]));
  return { regions: ofEach('region'), contours: ofEach('contour') };
}

/** The largest label, which the benchmark takes for the number of objects. */
export const objectsOf = (annotation: Uint8Array): number =>
  annotation.reduce((most, label) => (label === VOID ? most : Math.max(most, label)), 0);

const only = (labels: Uint8Array, label: number): Uint8Array => labels.map((value) => (value === label ? 1 : 0));

export interface MeasureOfAll extends Statistics {
  readonly ofEachObject: readonly Statistics[];
}

export interface DavisScore {
  readonly regions: MeasureOfAll;
  readonly contours: MeasureOfAll;
  /** The mean of both means: J&F. */
  readonly mean: number;
}

/** Means are over the objects of all sequences, not over sequences. */
export function davisScore(sequences: readonly SequenceScore[]): DavisScore {
  const regions = ofAll(sequences.flatMap((sequence) => sequence.regions));
  const contours = ofAll(sequences.flatMap((sequence) => sequence.contours));
  return { regions, contours, mean: (regions.mean + contours.mean) / 2 };
}

function ofAll(objects: readonly (readonly number[])[]): MeasureOfAll {
  const ofEachObject = objects.map(statisticsOf);
  const mean = (key: keyof Statistics) => meanOf(ofEachObject.map((object) => object[key]));
  return { mean: mean('mean'), recall: mean('recall'), decay: mean('decay'), ofEachObject };
}
