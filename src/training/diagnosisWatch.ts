/** Says when the diagnosis of a run that trains has changed for good, so that its log is not filled by one that wavers. */
import { DIAGNOSIS_WINDOW, type Diagnosis, type DiagnosisKind, diagnose } from '../diagnosis/diagnosis.js';
import type { StepMetrics } from '../runs/metrics.js';
import type { Settings } from '../runs/settings.js';

/** Steps that a new diagnosis must hold. */
const STEADY_STEPS = 20;

export class DiagnosisWatch {
  readonly #recent: StepMetrics[] = [];
  #told: DiagnosisKind = 'too-early';
  #seen: DiagnosisKind = 'too-early';
  #heldSteps = 0;

  constructor(
    private readonly settings: Settings,
    private readonly stepsPerEpoch: number,
    private readonly images: number,
  ) {}

  /** To be called with every step; gives the diagnosis when it is another one than before. */
  stepMade(step: StepMetrics): Diagnosis | undefined {
    this.#recent.push(step);
    if (this.#recent.length > DIAGNOSIS_WINDOW) this.#recent.shift();
    const { settings, stepsPerEpoch, images } = this;
    const diagnosis = diagnose({ settings, steps: this.#recent, stepsPerEpoch, images, now: step.time });
    this.#heldSteps = diagnosis.kind === this.#seen ? this.#heldSteps + 1 : 1;
    this.#seen = diagnosis.kind;
    if (diagnosis.kind === this.#told || this.#heldSteps < STEADY_STEPS) return undefined;
    this.#told = diagnosis.kind;
    return diagnosis;
  }
}
