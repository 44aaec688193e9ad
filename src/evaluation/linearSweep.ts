/** A sweep over learning rates: all classifiers are trained in one pass, and the best on vectors that were held out is chosen. */

import { deserialize, serialize } from 'node:v8';
import { epochOrder } from '../data/randomness.js';
import { betweenStages } from '../engines/stop.js';
import { initialProbes, type ProbeShape, probesOf } from '../method/linearProbe.js';
import type { NamedHostTensors } from '../program/program.js';
import type { Computing } from './evaluation.js';
import { chosenRows } from './featureRows.js';
import { type LabeledVectors, LinearProbes, type ProbeTest, rateOfEpoch, scaledRate } from './linearProbe.js';

export interface SweepOptions {
  readonly rates: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  /** Epochs without a better classifier after which a sweep ends; 0: it never ends early. */
  readonly patience: number;
  readonly seed: number;
}

export interface Sweep {
  /** What was chosen. */
  readonly rate: number;
  /** Epochs behind the classifier that was chosen, and those that were made. */
  readonly epoch: number;
  readonly epochs: number;
  /** Percent of the held-out vectors by rate, as far as each came; empty for a single rate, which nothing is held out for. */
  readonly heldOut: readonly { readonly rate: number; readonly top1: number }[];
  readonly test: ProbeTest;
}

/** Share of the training vectors by which the rate is chosen. */
const HELD_OUT = 0.1;
/** Epoch numbers no training has: their orders set vectors aside. */
const HOLDING_OUT = 0x7fffff01;
const SETTING_ASIDE = 0x7fffff02;
/** How often the classifiers are kept for after a kill. */
const KEEP_MS = 5000;

interface SweepSurroundings {
  readonly by: Pick<Computing, 'engine' | 'signal' | 'progress' | 'kept'>;
  /** Names all that the result depends on. */
  readonly key: string;
  readonly keepMs?: number;
}

/** What is kept for after a kill. */
interface Progress {
  readonly epoch: number;
  readonly state: NamedHostTensors;
  readonly best: Best | undefined;
  readonly bestOf: readonly number[];
}

interface Best {
  readonly probe: number;
  readonly epoch: number;
  readonly top1: number;
  /** Of the held-out vectors: of classifiers that are right as often, the one with the lower is better. */
  readonly loss: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Trains on all but a tenth of the vectors, and tests the classifier that was best on that tenth; a single rate trains on all of them to
 * the last epoch, as the original does.
 */
export async function linearSweep(
  train: LabeledVectors,
  test: LabeledVectors,
  classes: number,
  options: SweepOptions,
  { by, key, keepMs = KEEP_MS }: SweepSurroundings,
): Promise<Sweep> {
  const { rates, epochs, batch, patience, seed } = options;
  const parts = rates.length > 1 ? split(train, HELD_OUT, seed, HOLDING_OUT) : { most: train, few: undefined };
  const shape: ProbeShape = { probes: rates.length, classes, dim: train.vectors.dim, batch };
  const found = await by.kept?.find(key);
  const before: Progress | undefined = found && (deserialize(found) as Progress);
  let best = before?.best;
  const bestOf = [...(before?.bestOf ?? rates.map(() => 0))];
  const probes = await LinearProbes.create(by.engine, shape, before?.state ?? initialProbes(shape, seed));
  let epoch = before?.epoch ?? 0;
  try {
    let keptAt = performance.now();
    while (epoch < epochs && !(patience > 0 && best !== undefined && epoch - best.epoch >= patience)) {
      await betweenStages(by.signal);
      const now = rates.map((rate) => rateOfEpoch(scaledRate(rate, batch), epoch, epochs));
      await probes.epoch(parts.most, now, epochOrder(seed, epoch, parts.most.labels.length));
      epoch++;
      if (parts.few !== undefined) best = (await betterOn(parts.few, probes, bestOf, best, epoch)) ?? best;
      if (performance.now() - keptAt >= keepMs) {
        const state = await probes.state();
        await by.kept?.keep(key, serialize({ epoch, state, best, bestOf } satisfies Progress));
        keptAt = performance.now();
      }
      by.progress(epoch, epochs, 'epochs of the linear probe');
    }
    const chosen = best ?? { probe: 0, epoch, ...(await weightsOf(probes, 0)) };
    return {
      rate: rates[chosen.probe] as number,
      epoch: chosen.epoch,
      epochs: epoch,
      heldOut: parts.few === undefined ? [] : rates.map((rate, probe) => ({ rate, top1: bestOf[probe] as number })),
      test: await tested(chosen, test, shape, by),
    };
  } finally {
    await probes.dispose();
  }
}

/** Notes how far each rate has come. @returns the best classifier, when it is better than all before */
async function betterOn(
  heldOut: LabeledVectors,
  probes: LinearProbes,
  bestOf: number[],
  before: Best | undefined,
  epoch: number,
): Promise<Best | undefined> {
  const { top1, loss } = await probes.test(heldOut);
  let better: Pick<Best, 'probe' | 'top1' | 'loss'> | undefined;
  top1.forEach((value, probe) => {
    bestOf[probe] = Math.max(bestOf[probe] as number, value);
    const most = better ?? before;
    const candidate = { probe, top1: value, loss: loss[probe] as number };
    if (most === undefined || value > most.top1 || (value === most.top1 && candidate.loss < most.loss))
      better = candidate;
  });
  if (better === undefined) return undefined;
  return { ...better, epoch, ...(await weightsOf(probes, better.probe)) };
}

async function weightsOf(probes: LinearProbes, probe: number): Promise<Pick<Best, 'weight' | 'bias'>> {
  const { classes, dim } = probes.shape;
  const { weight, bias } = await probes.state();
  const ofProbe = (data: Float32Array | Int32Array | undefined, size: number) =>
    Float32Array.from(data?.subarray(probe * size, (probe + 1) * size) ?? []);
  return { weight: ofProbe(weight?.data, classes * dim), bias: ofProbe(bias?.data, classes) };
}

async function tested(
  { weight, bias }: Pick<Best, 'weight' | 'bias'>,
  test: LabeledVectors,
  shape: ProbeShape,
  { engine }: Pick<Computing, 'engine'>,
): Promise<ProbeTest> {
  const alone = { ...shape, probes: 1 };
  const probe = await LinearProbes.create(engine, alone, probesOf(alone, weight, bias));
  try {
    return await probe.test(test);
  } finally {
    await probe.dispose();
  }
}

/** For want of test images a fifth of the others is set aside. */
export const setAside = (all: LabeledVectors, seed: number): { train: LabeledVectors; test: LabeledVectors } => {
  const { most, few } = split(all, 0.2, seed, SETTING_ASIDE);
  return { train: most, test: few };
};

function split(all: LabeledVectors, share: number, seed: number, use: number) {
  const order = epochOrder(seed, use, all.labels.length);
  const count = Math.max(1, Math.round(share * order.length));
  return { most: chosenOf(all, order.slice(count).sort()), few: chosenOf(all, order.slice(0, count).sort()) };
}

const chosenOf = ({ vectors, labels }: LabeledVectors, rows: Int32Array): LabeledVectors => ({
  vectors: chosenRows(vectors, rows),
  labels: Int32Array.from(rows, (row) => labels[row] as number),
});
