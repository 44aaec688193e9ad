/** What a network that is fine-tuned makes of images that it does not learn from. */
import type { Engine, Session } from '../engines/engine.js';
import { betweenStages } from '../engines/stop.js';
import { judge } from '../evaluation/judge.js';
import { labelsOf } from '../evaluation/labeledSets.js';
import type { TestMetrics } from '../metrics/metricsLine.js';
import type { Settings } from '../settings/settings.js';
import { classLogits, EvaluatedNetwork } from './evaluatedNetwork.js';
import type { LabeledParts, TestImages } from './labeledParts.js';
import { type LabeledPixels, readLabeledPixels } from './labeledPixels.js';

/** Images of a call. */
const BATCH = 64;
const TOP = 5;

export class HeldOutTest {
  private constructor(
    private readonly settings: Settings,
    private readonly network: EvaluatedNetwork,
    private readonly test: TestImages,
    /** The class of each test image; -1: none that is learned. */
    private readonly labels: Int32Array,
    private readonly stop: AbortSignal,
  ) {}

  /** @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    { dataset, test }: LabeledParts,
    settings: Settings,
    training: Session,
    stop: AbortSignal,
  ): Promise<HeldOutTest> {
    const batch = Math.min(BATCH, test.images.length);
    const network = await EvaluatedNetwork.create(engine, settings, batch, training, stop, classLogits(settings));
    return new HeldOutTest(settings, network, test, labelsOf(test.dataset, test.images, dataset.classes), stop);
  }

  /** Of the network as it is now. @throws the reason of the stop signal when it aborts; Error when no image can be read */
  async measure(training: Session, place: { readonly step: number; readonly epoch: number }): Promise<TestMetrics> {
    await this.network.take(training);
    const { batch } = this.network;
    const all: Judged[] = [];
    let upcoming = this.#read(0);
    for (let start = 0; start < this.labels.length; start += batch) {
      await betweenStages(this.stop);
      const read = await upcoming;
      upcoming = this.#read(start + batch);
      all.push(...(await this.#judged(read)));
    }
    if (all.length === 0) throw new Error(`none of the test images in ${this.test.dataset.path} can be read`);
    const percent = (among: number) => (100 * all.filter(({ place }) => place < among).length) / all.length;
    const losses = all.flatMap(({ loss }) => loss ?? []);
    return {
      ...place,
      test_top1: percent(1),
      ...(this.settings.num_labels > TOP && { test_top5: percent(TOP) }),
      test_loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      time: Date.now(),
    };
  }

  async dispose(): Promise<void> {
    await this.network.dispose();
  }

  async #judged(read: readonly LabeledPixels[]): Promise<Judged[]> {
    if (read.length === 0) return [];
    const { dim } = this.network;
    const logits = await this.network.features(read.map(({ pixels }) => pixels));
    return read.map(({ label }, row) => {
      if (label < 0) return { place: Number.POSITIVE_INFINITY };
      return judge(logits.subarray(row * dim, (row + 1) * dim), label);
    });
  }

  #read(start: number): Promise<LabeledPixels[]> {
    const { dataset, images } = this.test;
    const some = images.subarray(start, start + this.network.batch);
    return readLabeledPixels(dataset, some, (_, place) => this.labels[start + place] as number, this.settings);
  }
}

interface Judged {
  readonly loss?: number;
  /** How many classes come before the right one. */
  readonly place: number;
}
