/** Evaluates a run while it trains, when its settings ask for it. */
import type { Engine, Session } from '../engines/engine.js';
import type { MetricsWriter } from '../runs/metricsFile.js';
import type { Preparation } from './prepare.js';
import { TrainingKnn, type TrainingKnnResult } from './trainingKnn.js';
import { type LookSurroundings, unlessItFails } from './unlessItFails.js';

export class RunEvaluation {
  #knn: TrainingKnn | undefined;
  #underWay: { readonly session: Session; readonly metrics: MetricsWriter } | undefined;

  constructor(
    private readonly preparation: Preparation,
    private readonly stepsPerEpoch: number,
    private readonly surroundings: LookSurroundings,
  ) {}

  async begin(engine: Engine, underWay: { readonly session: Session; readonly metrics: MetricsWriter }): Promise<void> {
    const { dataset, settings } = this.preparation;
    if (settings.knn_freq === 0) return;
    this.#underWay = underWay;
    await this.#unlessItFails(async () => {
      this.#knn = await TrainingKnn.create(engine, dataset, settings, underWay.session, this.surroundings.stop);
    });
  }

  /** @param stepMs what the step took @throws the reason of the stop signal when it aborts */
  async stepMade(step: number, stepMs: number, isLast: boolean): Promise<void> {
    const [knn, underWay] = [this.#knn, this.#underWay];
    if (knn === undefined || underWay === undefined) return;
    await this.#unlessItFails(async () => {
      this.#note(await knn.advance(stepMs));
      const every = this.preparation.settings.knn_freq * this.stepsPerEpoch;
      if (step % every === 0) {
        if (isLast) this.#note(await knn.finish());
        if (knn.isUnderWay)
          this.surroundings.log('warn', `the k-NN of step ${step} is left out: the one before it is not done yet`);
        else await knn.begin(underWay.session, { step, epoch: Math.floor((step - 1) / this.stepsPerEpoch) });
      }
      if (isLast) this.#note(await knn.finish());
    });
  }

  async end(): Promise<void> {
    const knn = this.#knn;
    this.#knn = undefined;
    await knn?.dispose();
  }

  #note(result: TrainingKnnResult | undefined): void {
    if (result === undefined) return;
    const { metrics, images, shareTaken } = result;
    this.#underWay?.metrics.append(metrics);
    const share = shareTaken > 0 ? `; it took ${(100 * shareTaken).toFixed(1)} % of the steps' time` : '';
    this.surroundings.log(
      'info',
      `k-NN of step ${metrics.step}: ${metrics.knn_top1?.toFixed(2)} % of ${images} images are right${share}`,
    );
  }

  #unlessItFails(look: () => Promise<void>): Promise<void> {
    return unlessItFails(this.surroundings, 'k-NN is left out', look, () => this.end());
  }
}
