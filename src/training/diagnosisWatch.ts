/** Says when the diagnosis of a run that trains has changed for good, so that its log is not filled by one that wavers. */
import { DIAGNOSIS_WINDOW, type Diagnosis, diagnose } from '../diagnosis/diagnosis.js';
import type { ProbeMetrics, StepMetrics } from '../metrics/metricsLine.js';
import type { ImageFacts } from '../runs/run.js';
import type { Settings } from '../settings/settings.js';

/** A mistake that is known from the start is news again when the metrics show what it does, and when that gets worse. */
const newsOf = ({ kind, level, symptom }: Diagnosis): string =>
  symptom === undefined ? kind : `${kind}, seen as ${level}`;

/** Steps that a new diagnosis must hold. */
const STEADY_STEPS = 20;

export class DiagnosisWatch {
  readonly #recent: StepMetrics[] = [];
  readonly #probes: ProbeMetrics[] = [];
  #sample: ImageFacts | undefined;
  #told = 'too-early';
  #seen = 'too-early';
  #heldSteps = 0;

  constructor(
    private readonly settings: Settings,
    private readonly stepsPerEpoch: number,
    private readonly images: number,
  ) {}

  probed(probe: ProbeMetrics): void {
    this.#probes.push(probe);
  }

  /** Before the first step: what the settings and the images say alone. */
  begun(sample: ImageFacts | undefined): Diagnosis {
    this.#sample = sample;
    const diagnosis = this.#diagnose(Date.now());
    this.#told = newsOf(diagnosis);
    return diagnosis;
  }

  /** To be called with every step; gives the diagnosis when it is another one than before. */
  stepMade(step: StepMetrics): Diagnosis | undefined {
    this.#recent.push(step);
    if (this.#recent.length > DIAGNOSIS_WINDOW) this.#recent.shift();
    const diagnosis = this.#diagnose(step.time);
    const news = newsOf(diagnosis);
    this.#heldSteps = news === this.#seen ? this.#heldSteps + 1 : 1;
    this.#seen = news;
    if (news === this.#told || this.#heldSteps < STEADY_STEPS) return undefined;
    this.#told = news;
    return diagnosis;
  }

  #diagnose(now: number): Diagnosis {
    const { settings, stepsPerEpoch, images } = this;
    return diagnose({
      settings,
      steps: this.#recent,
      probes: this.#probes,
      ...(this.#sample && { sample: this.#sample }),
      stepsPerEpoch,
      images,
      now,
    });
  }
}
