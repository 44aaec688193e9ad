/**
 * Looks at the teacher's features of a small, fixed sample of images every so many steps: whether they tell the images
 * apart better than the untrained network's did. It draws nothing that training draws and changes nothing that it computes.
 */
import { isImageDataset } from '../data/dataset.js';
import type { Dataset } from '../data/modality.js';
import type { Engine, Session } from '../engines/engine.js';
import { betweenStages } from '../engines/stop.js';
import type { FeatureMatrix } from '../evaluation/knn.js';
import { measureProbe } from '../evaluation/probeMeasures.js';
import type { ProbeMetrics } from '../metrics/metricsLine.js';
import type { Settings } from '../settings/settings.js';
import { EvaluatedNetwork } from './evaluatedNetwork.js';
import { type ProbeSample, readProbeSample, sampleSize } from './probeSample.js';

/** Images computed at once. */
export const PROBE_BATCH = 64;
/** Share of the training's work that probes may add. */
const MOST_WORK = 0.05;
/** A backward pass takes about twice as long as a forward pass. */
const PASSES = 3;
/** Of fewer images nothing can be said. */
export const LEAST_PROBED = 8;

type Network = Pick<Settings, 'batch_size' | 'image_size' | 'local_size' | 'local_crops_number'> &
  Partial<Pick<Settings, 'method'>>;

/** Steps between two probes, so that they add at most {@link MOST_WORK}: counted in passes of a global crop, hence the same on every machine. */
export function probeInterval(images: number, network: Network): number {
  const probe = 2 * padded(images);
  return Math.ceil(probe / (MOST_WORK * stepPasses(network)));
}

/** The work that probes add to that of a run's steps, the last of which is followed by one in any case. @param images in the data set */
export function probeShare(images: number, settings: Pick<Settings, 'in_chans'> & Network, steps: number): number {
  const sample = sampleSize(images, settings);
  const interval = probeInterval(sample, settings);
  return (Math.ceil(steps / interval) * 2 * padded(sample)) / (steps * stepPasses(settings));
}

/** The work of a step, in passes of a global crop. */
export function stepPasses({ batch_size, image_size, local_size, local_crops_number, method }: Network): number {
  if (method === 'finetune') return batch_size * PASSES;
  const locals = local_crops_number * (local_size / image_size) ** 2;
  return batch_size * (2 + PASSES * (2 + locals));
}

const batchOf = (images: number): number => Math.min(PROBE_BATCH, images);
const padded = (images: number): number => Math.ceil(images / batchOf(images)) * batchOf(images);

/** Features of the sample's whole images. */
export interface ProbedFeatures {
  readonly step: number;
  /** [images, dim]; rows of length 1. */
  readonly matrix: FeatureMatrix;
}

export class HealthProbe {
  #measured: ProbedFeatures | undefined;
  #before: Int32Array | undefined;
  /** Of the untrained network; a run that is resumed does not know them. */
  #untrained: Int32Array | undefined;

  private constructor(
    private readonly settings: Settings,
    readonly sample: ProbeSample,
    private readonly network: EvaluatedNetwork,
    private readonly stop: AbortSignal,
  ) {}

  /** @returns undefined when there are too few images, or the data are no images @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    dataset: Dataset,
    settings: Settings,
    training: Session,
    stop: AbortSignal,
  ): Promise<HealthProbe | undefined> {
    if (!isImageDataset(dataset)) return undefined;
    const sample = await readProbeSample(dataset, settings, stop);
    if (sample.images < LEAST_PROBED) return undefined;
    const network = await EvaluatedNetwork.create(engine, settings, batchOf(sample.images), training, stop);
    return new HealthProbe(settings, sample, network, stop);
  }

  /** Of the last probe. */
  get measured(): ProbedFeatures | undefined {
    return this.#measured;
  }

  /** Whether this step is followed by a probe. */
  isDue(step: number): boolean {
    return step % probeInterval(this.sample.images, this.settings) === 0;
  }

  /** Of the teacher as it is now. @throws the reason of the stop signal when it aborts */
  async measure(training: Session, place: { readonly step: number; readonly epoch: number }): Promise<ProbeMetrics> {
    const { whole, crops, labels, images } = this.sample;
    await this.network.take(training);
    const features = { whole: await this.#features(whole), crops: await this.#features(crops) };
    this.#measured = { step: place.step, matrix: features.whole };
    const measures = await measureProbe(features, labels, { before: this.#before, untrained: this.#untrained });
    this.#before = measures.neighbors;
    if (place.step === 0) this.#untrained = measures.neighbors;
    return {
      ...place,
      probe_images: images,
      ...(measures.knn !== undefined && { probe_knn: measures.knn }),
      probe_view_agreement: measures.viewAgreement,
      ...(measures.neighborStability !== undefined && { probe_neighbor_stability: measures.neighborStability }),
      ...(measures.untrainedNeighbors !== undefined && { probe_untrained_neighbors: measures.untrainedNeighbors }),
      time: Date.now(),
    };
  }

  async dispose(): Promise<void> {
    await this.network.dispose();
  }

  async #features(images: readonly Uint8ClampedArray[]): Promise<FeatureMatrix> {
    const { dim, batch } = this.network;
    const data = new Float32Array(images.length * dim);
    for (let start = 0; start < images.length; start += batch) {
      await betweenStages(this.stop);
      data.set(await this.network.features(images.slice(start, start + batch)), start * dim);
    }
    return { rows: images.length, dim, data };
  }
}
