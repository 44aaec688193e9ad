/** Replays what does not depend on the engine: schedules, drop path's rates, k-NN, and the reader of the original's checkpoint. */
import { join } from 'node:path';
import { knnAccuracies } from '../../../../src/evaluation/knn.js';
import { dropPathScales } from '../../../../src/method/layers/dropPath.js';
import { networkOf } from '../../../../src/method/network.js';
import { cosineSchedule } from '../../../../src/method/schedules.js';
import { loadNetwork } from '../../../../src/runs/network.js';
import { vitOf } from '../../../unit/method/vitOf.js';
import { areEqual, type Difference, exact } from '../../difference.js';
import type { Reference } from './reference.js';

const SCHEDULE_LIMIT = 1e-12;
/** The original divides in float32. */
const SCALE_LIMIT = 1e-6;

export async function* replayWithoutEngine(reference: Reference): AsyncGenerator<Difference> {
  yield* schedules(reference);
  yield* dropPathRates(reference);
  yield* knn(reference);
  yield* originalCheckpoint(reference);
}

/** The original's call, as the key of its values has it. */
const CALL = (() => {
  const number = String.raw`(-?[\d.]+(?:e[-+]?\d+)?)`;
  return new RegExp(`^cosine_scheduler\\(${number},${number},epochs=(\\d+),niter=(\\d+),warmup_epochs=${number}\\)$`);
})();

function* schedules({ expected, file }: Reference): Generator<Difference> {
  for (const [call, wanted] of Object.entries(expected.schedules)) {
    const wrong = (what: string) => new Error(`${file} is wrong at schedules.${call}: ${what}.`);
    const [base, final, epochs, iterationsPerEpoch, warmupEpochs] = (CALL.exec(call)?.slice(1) ?? []).map(Number);
    if (base === undefined || final === undefined || epochs === undefined || iterationsPerEpoch === undefined)
      throw wrong('it is no call cosine_scheduler(base,final,epochs=…,niter=…,warmup_epochs=…)');
    if (wanted.length !== epochs * iterationsPerEpoch)
      throw wrong(
        `it has ${wanted.length} values, but ${epochs} epochs of ${iterationsPerEpoch} steps have another count`,
      );
    const value = cosineSchedule({
      base,
      final,
      epochs,
      iterationsPerEpoch,
      ...(warmupEpochs !== undefined && { warmupEpochs }),
    });
    const off = wanted.map((expectedValue, i) => Math.abs(expectedValue - value(i)));
    yield { quantity: call, limit: SCHEDULE_LIMIT, measure: 'absolute', value: Math.max(...off) };
  }
}

/** What a block multiplies the branches by that it keeps: the original's draws and ours have the same rates. */
function* dropPathRates({ expected: { config, steps }, inputs }: Reference): Generator<Difference> {
  const { depth, drop_path: rate } = config;
  if (rate === 0) return;
  // So many that every block keeps some.
  const samples = 1000;
  const ours = dropPathScales(0, 0, { depth, rate, samples });
  for (let block = 0; block < depth; block++) {
    const keptOf = (data: ArrayLike<number>, perBlock: number): number[] =>
      Array.from({ length: perBlock }, (_, i) => data[block * perBlock + i] as number).filter((scale) => scale !== 0);
    const kept = keptOf(ours.data, 2 * samples)[0] as number;
    const wanted = [...steps.keys()].flatMap((step) => {
      const { data } = inputs.get(`step${step}_drop_path`);
      return keptOf(data, data.length / depth);
    });
    yield {
      quantity: `drop path of block ${block}`,
      limit: SCALE_LIMIT,
      measure: 'relative',
      value: Math.max(0, ...wanted.map((scale) => Math.abs(scale - kept) / kept)),
    };
  }
}

function* knn({ expected, inputs, file }: Reference): Generator<Difference> {
  const matrix = (name: string) => {
    const { shape, data } = inputs.get(name);
    return { rows: shape[0] as number, dim: shape[1] as number, data: data as Float32Array };
  };
  const labels = (name: string) => inputs.get(name).data as Int32Array;
  const test = matrix('knn_test');
  const accuracies = knnAccuracies({
    train: matrix('knn_train'),
    trainLabels: labels('knn_train_labels'),
    test,
    testLabels: labels('knn_test_labels'),
    ks: Object.keys(expected.knn).map(Number),
    ranksVoteless: true,
  });
  for (const accuracy of accuracies) {
    const { k } = accuracy;
    for (const top of ['top1', 'top5'] as const) {
      const percent = expected.knn[k]?.[top] ?? Number.NaN;
      const wanted = hits(percent, test.rows);
      if (wanted === undefined)
        throw new Error(
          `${file} is wrong at knn.${k}.${top}: ${percent} % is no whole number of the ${test.rows} test images.`,
        );
      const ours = hits(accuracy[top], test.rows);
      const words = `${ours ?? accuracy[top]} of ${test.rows} test images, the original ${wanted}`;
      yield exact(`k-NN ${k} top-${top.slice(3)}`, ours === wanted, words);
    }
  }
}

/** How many of the images that percentage is: the original computes it in float32. Undefined when it is no whole number of them. */
function hits(percent: number, images: number): number | undefined {
  const exactly = (percent / 100) * images;
  const whole = Math.round(exactly);
  return Math.abs(exactly - whole) < 0.05 && whole >= 0 && whole <= images ? whole : undefined;
}

/** The original's own checkpoint file must give what the safetensors give. */
async function* originalCheckpoint({ dir, final, network }: Reference): AsyncGenerator<Difference> {
  const file = join(dir, 'checkpoint.pth');
  const { parameters } = await loadNetwork(file, { numHeads: vitOf(network.backbone).numHeads });
  const names = Object.keys(networkOf(network).parameters);
  const different = names.find((name) => {
    const tensor = parameters[name];
    return tensor === undefined || !areEqual(tensor, final.teacher.get(name));
  });
  const words = different === undefined ? undefined : `${different} is not that of teacher_final.safetensors`;
  yield exact('checkpoint.pth against teacher_final.safetensors', different === undefined, words);
}
