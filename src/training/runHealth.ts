/** Watches over a run while it trains: looks at its features every so often, and says what goes wrong. */

import { DIAGNOSIS_WINDOW, type Statement } from '../diagnosis/diagnosis.js';
import type { Engine, Session } from '../engines/engine.js';
import type { StepMetrics } from '../metrics/metricsLine.js';
import type { MetricsWriter } from '../runs/metricsFile.js';
import { readRecent } from '../runs/recentMetrics.js';
import { type HeldRun, type ImageFacts, metricsFile } from '../runs/run.js';
import { DiagnosisWatch } from './diagnosisWatch.js';
import { HealthProbe, type ProbedFeatures } from './healthProbe.js';
import { imageFacts } from './imageFacts.js';
import type { Preparation } from './prepare.js';
import type { ProbeSample } from './probeSample.js';
import { type LookSurroundings, unlessItFails } from './unlessItFails.js';

/** The run's compiled step, and where its metrics go. */
interface UnderWay {
  readonly session: Session;
  readonly metrics: MetricsWriter;
}

export class RunHealth {
  readonly #watch: DiagnosisWatch;
  #probe: HealthProbe | undefined;
  #underWay: UnderWay | undefined;

  constructor(
    private readonly held: HeldRun,
    private readonly preparation: Preparation,
    private readonly stepsPerEpoch: number,
    private readonly surroundings: LookSurroundings,
  ) {
    this.#watch = new DiagnosisWatch(preparation.settings, stepsPerEpoch, preparation.dataset.size);
  }

  /**
   * Looks at the images and, before the first step, at the untrained network, which all later probes are measured by; then
   * says what the settings and the images are wrong in.
   */
  async begin(engine: Engine, underWay: UnderWay, step: number): Promise<void> {
    this.#underWay = underWay;
    for (const probe of readRecent(metricsFile(this.held.dir), DIAGNOSIS_WINDOW).probes) this.#watch.probed(probe);
    let sample: ImageFacts | undefined;
    await this.#unlessItFails(async () => {
      const { dataset, settings } = this.preparation;
      this.#probe = await HealthProbe.create(engine, dataset, settings, underWay.session, this.surroundings.stop);
      sample = this.#probe && imageFacts(this.#probe.sample, settings.in_chans);
      if (sample) await this.held.update({ sample });
    });
    if (step === 0) await this.#measure(step);
    const begun = this.#watch.begun(sample);
    for (const statement of [begun, ...begun.also]) if (statement.kind !== 'too-early') this.#say(statement);
  }

  /** What the features are probed on; undefined when nothing is probed. */
  get sample(): ProbeSample | undefined {
    return this.#probe?.sample;
  }

  /** Of the last probe. */
  get features(): ProbedFeatures | undefined {
    return this.#probe?.measured;
  }

  stepMade(metrics: StepMetrics): void {
    const change = this.#watch.stepMade(metrics);
    if (change) this.#say(change);
  }

  /** Measures after this step when its turn has come. @throws the reason of the stop signal when it aborts */
  async probe(step: number, isLast: boolean): Promise<void> {
    if (isLast || this.#probe?.isDue(step)) await this.#measure(step);
  }

  async end(): Promise<void> {
    const probe = this.#probe;
    this.#probe = undefined;
    await probe?.dispose();
  }

  async #measure(step: number): Promise<void> {
    await this.#unlessItFails(async () => {
      const epoch = Math.floor(Math.max(0, step - 1) / this.stepsPerEpoch);
      const measured = this.#underWay && (await this.#probe?.measure(this.#underWay.session, { step, epoch }));
      if (measured === undefined) return;
      this.#underWay?.metrics.append(measured);
      this.#watch.probed(measured);
    });
  }

  #unlessItFails(look: () => Promise<void>): Promise<void> {
    return unlessItFails(this.surroundings, 'the features are not probed any more', look, () => this.end());
  }

  #say({ level, finding, remedy }: Statement): void {
    const isFine = level === 'good' || level === 'note';
    this.surroundings.log(isFine ? 'info' : 'warn', remedy === undefined ? finding : `${finding} ${remedy}`);
  }
}
