/** What evaluations say of a run's steps, read again only when a result came or went. */
import { statSync } from 'node:fs';
import { evaluationsFolder, listEvaluations, type MeasuredStep, measuredSteps } from './evaluations.js';

export class EvaluatedSteps {
  #steps: readonly MeasuredStep[] = [];
  #changed: number | undefined;

  constructor(private readonly dir: string) {}

  /** In order; the same array while nothing has changed. */
  read(): readonly MeasuredStep[] {
    const changed = statSync(evaluationsFolder(this.dir), { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== this.#changed) {
      this.#changed = changed;
      this.#steps = measuredSteps(listEvaluations(this.dir));
    }
    return this.#steps;
  }
}
