/**
 * Training of linear classifiers on frozen vectors, by the recipe of the original's eval_linear.py: SGD with momentum, the learning rate
 * constant within an epoch and a cosine over epochs. Several rates are trained at once.
 */
import type { Engine, Session } from '../engines/engine.js';
import { type ProbeShape, probeLogitsProgram, probeStepProgram } from '../method/linearProbe.js';
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import { judge } from './judge.js';
import type { FeatureMatrix } from './knn.js';

/** Vectors with their classes, counted from 0. */
export interface LabeledVectors {
  readonly vectors: FeatureMatrix;
  readonly labels: Int32Array;
}

/** What classifiers make of a test set, one entry a classifier. */
export interface ProbeTest {
  /** Mean of the batches' means: a short last batch counts as much, as in the original. */
  readonly loss: readonly number[];
  /** Percent. */
  readonly top1: readonly number[];
  readonly top5: readonly number[];
  /** [classifiers][vectors] */
  readonly predicted: readonly Int32Array[];
}

/** The rate of an epoch: it reaches 0 after the last, where it is not used any more (torch's CosineAnnealingLR). */
export const rateOfEpoch = (rate: number, epoch: number, epochs: number): number =>
  (rate * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;

/** As the original scales it with the batch. */
export const scaledRate = (rate: number, batch: number): number => (rate * batch) / 256;

const TOP = 5;

export class LinearProbes {
  private constructor(
    readonly shape: ProbeShape,
    private readonly step: Session,
    private readonly logits: Session,
  ) {}

  /** @param state from which they go on: `weight`, `bias`, and what they have of momentum */
  static async create(engine: Engine, shape: ProbeShape, state: NamedHostTensors): Promise<LinearProbes> {
    const program = probeStepProgram(shape);
    const step = await engine.compile(program, state);
    const { weight, bias } = state;
    if (weight === undefined || bias === undefined) throw new Error('the classifiers have no weights');
    return new LinearProbes(shape, step, await engine.compile(probeLogitsProgram(shape), { weight, bias }));
  }

  /**
   * @param rates of this epoch, one a classifier @param order in which the vectors come
   * @returns the loss of each classifier, mean of the batches' means
   */
  async epoch({ vectors, labels }: LabeledVectors, rates: readonly number[], order: Int32Array): Promise<number[]> {
    const { batch, probes } = this.shape;
    const losses = rates.map(() => 0);
    const lr: HostTensor = { shape: [probes], dtype: 'float32', data: Float32Array.from(rates) };
    const inputsFrom = (start: number) => this.#batch(vectors, labels, order.subarray(start, start + batch));
    let batches = 0;
    let inputs = inputsFrom(0);
    for (let start = 0; start < order.length; start += batch) {
      const step = this.step.call({ ...inputs, lr });
      // While it computes.
      if (start + batch < order.length) inputs = inputsFrom(start + batch);
      const { loss } = await step;
      loss?.data.forEach((value, probe) => {
        losses[probe] = (losses[probe] as number) + value;
      });
      batches++;
    }
    return losses.map((sum) => sum / batches);
  }

  /** The classifiers as they are now. */
  async test({ vectors, labels }: LabeledVectors): Promise<ProbeTest> {
    const { batch, probes, classes } = this.shape;
    await this.logits.writeState(await this.step.readState(['weight', 'bias']));
    const [losses, top1, top5] = [zeros(probes), zeros(probes), zeros(probes)];
    const predicted = Array.from({ length: probes }, () => new Int32Array(vectors.rows));
    let batches = 0;
    for (let start = 0; start < vectors.rows; start += batch) {
      const count = Math.min(batch, vectors.rows - start);
      const chosen = Int32Array.from({ length: count }, (_, row) => start + row);
      const { logits } = await this.logits.call({ vectors: this.#rows(vectors, chosen) });
      if (logits === undefined) throw new Error('the classifiers gave no logits');
      for (let probe = 0; probe < probes; probe++) {
        let loss = 0;
        for (let row = 0; row < count; row++) {
          const at = (row * probes + probe) * classes;
          const label = labels[start + row] as number;
          const judged = judge(logits.data.subarray(at, at + classes), label);
          loss += judged.loss;
          if (judged.place < 1) add(top1, probe, 1);
          if (judged.place < TOP) add(top5, probe, 1);
          (predicted[probe] as Int32Array)[start + row] = judged.first;
        }
        add(losses, probe, loss / count);
      }
      batches++;
    }
    const percent = (hits: number) => (100 * hits) / vectors.rows;
    return { loss: losses.map((sum) => sum / batches), top1: top1.map(percent), top5: top5.map(percent), predicted };
  }

  /** All that they go on from. */
  state(): Promise<NamedHostTensors> {
    return this.step.readState();
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
    await this.logits.dispose();
  }

  #batch(vectors: FeatureMatrix, labels: Int32Array, chosen: Int32Array): NamedHostTensors {
    const { batch, classes } = this.shape;
    const targets = new Float32Array(batch * classes);
    chosen.forEach((index, row) => {
      targets[row * classes + (labels[index] as number)] = 1;
    });
    return {
      vectors: this.#rows(vectors, chosen),
      targets: { shape: [batch, classes], dtype: 'float32', data: targets },
      share: { shape: [], dtype: 'float32', data: Float32Array.of(1 / chosen.length) },
    };
  }

  #rows({ dim, data }: FeatureMatrix, chosen: Int32Array): HostTensor {
    const rows = new Float32Array(this.shape.batch * dim);
    chosen.forEach((index, row) => {
      rows.set(data.subarray(index * dim, (index + 1) * dim), row * dim);
    });
    return { shape: [this.shape.batch, dim], dtype: 'float32', data: rows };
  }
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

function add(sums: number[], at: number, value: number): void {
  sums[at] = (sums[at] as number) + value;
}
