/** Folders of the form of `knn-classes`: k-NN where classes have no votes, votes are tied, images are few. Nothing depends on the engine. */
import { join } from 'node:path';
import { z } from 'zod';
import { type FeatureMatrix, forEachVote, knnAccuracies, mostVoted } from '../../../../src/evaluation/knn.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, relative } from '../../difference.js';
import type { Kind } from '../../kind.js';
import { TensorFile } from '../../tensorFile.js';

const VOTES_LIMIT = 1e-5;
/** Classes whose order the original looked at. */
const ORDERED = 5;

const count = z.int().min(1);
const answerSchema = z.union([
  z.object({ top1: z.number(), top5: z.number() }),
  z.object({ error: z.string(), message: z.string() }),
]);
const caseSchema = z.object({
  num_classes: count,
  temperature: z.number(),
  k: z.record(z.string(), answerSchema),
  /** Columns of the votes that are kept, where there are too many. */
  votes_kept: count.optional(),
});
const expectedSchema = z.object({ cases: z.record(z.string(), caseSchema) });
type Case = z.output<typeof caseSchema>;

export const knnClasses: Kind = {
  name: 'k-NN at its edges',
  tellBy: 'an expected.json with cases',
  recognizes: (json) => Object.hasOwn(json, 'cases') && expectedSchema.safeParse(json).success,
  read: (dir, file, json) => {
    const parsed = expectedSchema.safeParse(json);
    if (!parsed.success) throw new Error(`${file} is wrong: ${parsed.error.issues[0]?.message}.`);
    const { cases } = parsed.data;
    const [inputs, outputs] = ['inputs', 'outputs'].map((name) => new TensorFile(join(dir, `${name}.safetensors`)));
    if (inputs === undefined || outputs === undefined) throw new Error(`${dir} has no tensors.`);
    return {
      leftOut: Object.keys(outputs.tensors).filter((name) => !/_k\d+_(?:votes|order)$/.test(name)),
      precisions: [],
      *withoutEngine() {
        for (const [name, one] of Object.entries(cases)) yield* ofCase(name, one, inputs, outputs);
      },
      async *on() {},
      count: () => ({ withoutEngine: countOf(cases), on: 0 }),
    };
  },
};

function* ofCase(name: string, one: Case, inputs: TensorFile, outputs: TensorFile): Generator<Difference> {
  const train = matrix(inputs.get(`${name}_train`));
  const test = matrix(inputs.get(`${name}_test`));
  const [trainLabels, testLabels] = ['train', 'test'].map((set) => labels(inputs.get(`${name}_${set}_labels`)));
  if (trainLabels === undefined || testLabels === undefined) return;
  for (const [text, wanted] of Object.entries(one.k)) {
    const k = Number(text);
    const of = `${name}, k ${k}`;
    const options = { train, trainLabels, test, ks: [k], temperature: one.temperature };
    if ('error' in wanted) {
      yield exact(`refused or answered, ${of}`, isDealtWith({ ...options, testLabels }), wanted.message);
      continue;
    }
    // With more classes than votes are kept of, those without votes come in no order.
    const ranksVoteless = one.votes_kept === undefined;
    const classes = one.votes_kept ?? one.num_classes;
    const [ours] = knnAccuracies({ ...options, testLabels, classes, ranksVoteless });
    yield exact(`top-1, ${of}`, ours !== undefined && same(ours.top1, wanted.top1));
    yield exact(`top-5, ${of}`, ours !== undefined && same(ours.top5, wanted.top5));
    const votes = new Float32Array(test.rows * classes);
    const order = new Int32Array(test.rows * ORDERED);
    const isOrdered = new Uint8Array(test.rows * ORDERED);
    forEachVote({ ...options, classes }, (row, _, of) => {
      votes.set(of, row * classes);
      mostVoted(of, ORDERED).forEach((label, place) => {
        order[row * ORDERED + place] = label;
        isOrdered[row * ORDERED + place] = ranksVoteless || (of[label] as number) > 0 ? 1 : 0;
      });
    });
    const tensor: HostTensor = { shape: [test.rows, classes], dtype: 'float32', data: votes };
    const known = outputs.get(`${name}_k${k}_votes`);
    yield relative(
      `votes, ${of}`,
      tensor,
      { ...known, data: known.data.map((vote) => Math.max(0, vote)) },
      VOTES_LIMIT,
    );
    const wantedOrder = outputs.get(`${name}_k${k}_order`).data;
    yield exact(
      `order, ${of}`,
      order.every((label, at) => isOrdered[at] === 0 || label === wantedOrder[at]),
    );
  }
}

/** Where the original stopped, k above the training images is refused; all else has an answer. */
function isDealtWith(options: Parameters<typeof knnAccuracies>[0]): boolean {
  try {
    const [{ top1 = Number.NaN } = {}] = knnAccuracies(options);
    return top1 >= 0 && top1 <= 100;
  } catch (error) {
    return (
      (options.ks[0] ?? 0) > options.train.rows && error instanceof Error && error.message.includes('number from 1')
    );
  }
}

const same = (ours: number, wanted: number): boolean => Math.abs(ours - wanted) < 1e-9;

function matrix({ shape: [rows = 0, dim = 0], data }: HostTensor): FeatureMatrix {
  if (!(data instanceof Float32Array)) throw new Error('features must be float32');
  return { rows, dim, data };
}

const labels = ({ data }: HostTensor): Int32Array => Int32Array.from(data);

const countOf = (cases: Readonly<Record<string, Case>>): number =>
  Object.values(cases)
    .flatMap(({ k }) => Object.values(k))
    .reduce((sum, answer) => sum + ('error' in answer ? 1 : 4), 0);
