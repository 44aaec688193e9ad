/** Evaluates a run while it trains, when its settings ask for it. */
import type { Engine, Session } from '../engines/engine.js';
import type { MetricsWriter } from '../runs/metricsFile.js';
import type { RunRecord } from '../runs/run.js';
import { counted } from '../text/counted.js';
import { HeldOutTest } from './heldOutTest.js';
import type { Preparation } from './prepare.js';
import { TrainingKnn, type TrainingKnnResult } from './trainingKnn.js';
import { type LookSurroundings, unlessItFails } from './unlessItFails.js';

/** The run's compiled step, and where its metrics go. */
interface UnderWay {
  readonly session: Session;
  readonly metrics: MetricsWriter;
}

export class RunEvaluation {
  #knn: TrainingKnn | undefined;
  #test: HeldOutTest | undefined;
  #underWay: UnderWay | undefined;
  #best: RunRecord['best'];

  /** @param best what the run's earlier tests have found */
  constructor(
    private readonly preparation: Preparation,
    private readonly stepsPerEpoch: number,
    private readonly surroundings: LookSurroundings,
    best: RunRecord['best'],
  ) {
    this.#best = best;
  }

  /** The step whose test was the best one so far; of equal ones the first. */
  get best(): RunRecord['best'] {
    return this.#best;
  }

  async begin(engine: Engine, underWay: UnderWay): Promise<void> {
    const { settings, knn, labeled } = this.preparation;
    const { session } = underWay;
    const { stop } = this.surroundings;
    this.#underWay = underWay;
    if (knn !== undefined)
      await this.#unlessKnnFails(async () => {
        this.#knn = await TrainingKnn.create(engine, knn, settings, session, stop);
      });
    if (labeled !== undefined && settings.finetune_freq > 0 && labeled.test.images.length > 0)
      await this.#unlessTestFails(async () => {
        this.#test = await HeldOutTest.create(engine, labeled, settings, session, stop);
      });
  }

  /** @param stepMs what the step took @throws the reason of the stop signal when it aborts */
  async stepMade(step: number, stepMs: number, isLast: boolean): Promise<void> {
    await this.#knnAfter(step, stepMs, isLast);
    await this.#testAfter(step, isLast);
  }

  async end(): Promise<void> {
    await this.#endKnn();
    await this.#endTest();
  }

  async #knnAfter(step: number, stepMs: number, isLast: boolean): Promise<void> {
    const [knn, underWay] = [this.#knn, this.#underWay];
    if (knn === undefined || underWay === undefined) return;
    await this.#unlessKnnFails(async () => {
      this.#note(await knn.advance(stepMs));
      if (this.#isDue(step, this.preparation.settings.knn_freq)) {
        if (isLast) this.#note(await knn.finish());
        if (knn.isUnderWay)
          this.surroundings.log('warn', `the k-NN of step ${step} is left out: the one before it is not done yet`);
        else await knn.begin(underWay.session, this.#placeOf(step));
      }
      if (isLast) this.#note(await knn.finish());
    });
  }

  async #testAfter(step: number, isLast: boolean): Promise<void> {
    const [test, underWay] = [this.#test, this.#underWay];
    if (test === undefined || underWay === undefined) return;
    if (!isLast && !this.#isDue(step, this.preparation.settings.finetune_freq)) return;
    await this.#unlessTestFails(async () => {
      const measured = await test.measure(underWay.session, this.#placeOf(step));
      underWay.metrics.append(measured);
      const { test_top1, test_loss } = measured;
      this.surroundings.log(
        'info',
        `test of step ${step}: ${test_top1.toFixed(2)} % are right, loss ${test_loss.toFixed(3)}`,
      );
      if (this.#best === undefined || test_top1 > this.#best.test_top1) this.#best = { step, test_top1 };
    });
  }

  #isDue(step: number, epochs: number): boolean {
    return step % (epochs * this.stepsPerEpoch) === 0;
  }

  #placeOf(step: number): { readonly step: number; readonly epoch: number } {
    return { step, epoch: Math.floor((step - 1) / this.stepsPerEpoch) };
  }

  #note(result: TrainingKnnResult | undefined): void {
    if (result === undefined) return;
    const { metrics, images, shareTaken } = result;
    this.#underWay?.metrics.append(metrics);
    const share = shareTaken > 0 ? `; it took ${(100 * shareTaken).toFixed(1)} % of the steps' time` : '';
    this.surroundings.log(
      'info',
      `k-NN of step ${metrics.step}: ${metrics.knn_top1?.toFixed(2)} % of ${counted(images, 'image')} are right${share}`,
    );
  }

  #unlessKnnFails(look: () => Promise<void>): Promise<void> {
    return unlessItFails(this.surroundings, 'k-NN is left out', look, () => this.#endKnn());
  }

  #unlessTestFails(look: () => Promise<void>): Promise<void> {
    return unlessItFails(this.surroundings, 'the network is not tested any more', look, () => this.#endTest());
  }

  async #endKnn(): Promise<void> {
    const knn = this.#knn;
    this.#knn = undefined;
    await knn?.dispose();
  }

  async #endTest(): Promise<void> {
    const test = this.#test;
    this.#test = undefined;
    await test?.dispose();
  }
}
