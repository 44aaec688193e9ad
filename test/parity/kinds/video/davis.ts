/** Replays the scores of masks. */
import { jaccard, VOID } from '../../../../src/evaluation/segmentation/jaccard.js';
import { boundaryRadius, contourScore } from '../../../../src/evaluation/video/contours.js';
import {
  davisScore,
  type MeasureOfAll,
  type SequenceScore,
  scoreSequence,
  statisticsOf,
} from '../../../../src/evaluation/video/davis.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, largestOf } from '../../difference.js';
import type { VideoReference } from './reference.js';

const LIMIT = 1e-12;

export function* davis(reference: VideoReference): Generator<Difference> {
  const { expected } = reference;
  yield* singleMasks(reference);
  yield* emptyMasks(reference);
  const sequences = new Map<string, SequenceScore>();
  for (const [name, wanted] of Object.entries(expected.sequences)) {
    const score = sequenceScore(reference, name);
    sequences.set(name, score);
    yield largestOf(`J of ${name}`, score.regions.flat(), wanted.J_per_object_and_frame.flat(), LIMIT);
    yield largestOf(`F of ${name}`, score.contours.flat(), wanted.F_per_object_and_frame.flat(), LIMIT);
  }
  yield* means(reference, sequences);
  const { mean, recall, decay } = statisticsOf(expected.statistics.values);
  yield largestOf('statistics', [mean, recall, decay], expected.statistics.mean_recall_decay, LIMIT);
}

export const davisCount = ({ expected }: VideoReference): number =>
  3 * expected.single.length + 3 + 2 * Object.keys(expected.sequences).length + 4 + 1;

function* singleMasks({ expected, inputs }: VideoReference): Generator<Difference> {
  for (const [index, wanted] of expected.single.entries()) {
    const part = (name: string): HostTensor => inputs.get(`single${index}_${name}`);
    const [height, width] = part('mask').shape as [number, number];
    const size = { height, width };
    const tolerance = wanted.bound_th;
    const [mask, truth, voidPixels] = [part('mask').data, part('truth').data, part('void').data];
    const withVoid = truth.map((value, i) => (voidPixels[i] ? VOID : value));
    yield exact(`boundary radius ${index}`, boundaryRadius(size, tolerance) === wanted.boundary_radius);
    const regions = [jaccard(mask, truth), jaccard(mask, withVoid, true)];
    yield largestOf(`J ${index}`, regions, [wanted.J, wanted.J_void], LIMIT);
    const contours = [
      contourScore(mask, truth, size, { tolerance }),
      contourScore(mask, truth, size, { tolerance, voidPixels }),
    ];
    yield largestOf(`F ${index}`, contours, [wanted.F, wanted.F_void], LIMIT);
  }
}

function* emptyMasks({ expected }: VideoReference): Generator<Difference> {
  const size = { height: 8, width: 8 };
  const none = new Uint8Array(64);
  const some = none.map((_, i) => (i % 8 > 2 && i < 40 ? 1 : 0));
  const cases = { both: [none, none], truth: [some, none], mask: [none, some] } as const;
  for (const name of ['both', 'truth', 'mask'] as const) {
    const [mask, truth] = cases[name];
    const { J, F } = expected.empty[name];
    yield largestOf(`empty ${name}`, [jaccard(mask, truth), contourScore(mask, truth, size)], [J, F], LIMIT);
  }
}

function sequenceScore({ inputs }: VideoReference, name: string): SequenceScore {
  const part = (kind: string) => inputs.get(`sequence_${name}_${kind}`);
  const [frames, height, width] = part('truth').shape as [number, number, number];
  const area = height * width;
  const split = ({ data }: HostTensor) =>
    Array.from({ length: frames }, (_, i) => Uint8Array.from(data.subarray(i * area, (i + 1) * area)));
  return scoreSequence(split(part('masks')), split(part('truth')), { height, width });
}

function* means({ expected }: VideoReference, sequences: ReadonlyMap<string, SequenceScore>): Generator<Difference> {
  const { J, F, J_and_F_mean } = expected.davis;
  const order = [...sequences].flatMap(([name, { regions }]) => regions.map((_, object) => `${name}_${object + 1}`));
  yield exact(
    'order of objects',
    [J, F].every((measure) => measure.order.join() === order.join()),
  );
  const score = davisScore([...sequences.values()]);
  const numbersOf = ({ ofEachObject, mean, recall, decay }: MeasureOfAll) => [
    ...ofEachObject.map((object) => object.mean),
    ...ofEachObject.map((object) => object.recall),
    ...ofEachObject.map((object) => object.decay),
    ...[mean, recall, decay],
  ];
  const wantedOf = (measure: typeof J) => [
    ...measure.mean_per_object,
    ...measure.recall_per_object,
    ...measure.decay_per_object,
    ...[measure.mean, measure.recall, measure.decay],
  ];
  yield largestOf('J of all objects', numbersOf(score.regions), wantedOf(J), LIMIT);
  yield largestOf('F of all objects', numbersOf(score.contours), wantedOf(F), LIMIT);
  yield largestOf('J and F', [score.mean], [J_and_F_mean], LIMIT);
}
