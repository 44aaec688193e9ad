import { DIAGNOSIS_WINDOW, type Diagnosis, diagnoseRun } from '../diagnosis/diagnosis.js';
import { readLastSteps } from '../runs/metrics.js';
import { metricsFile, openRun } from '../runs/run.js';

/** What is going on in a run, by what it has written; undefined when it cannot be read (its end is news enough). */
export async function diagnosisOf(dir: string): Promise<Diagnosis | undefined> {
  try {
    return diagnoseRun(await openRun(dir), readLastSteps(metricsFile(dir), DIAGNOSIS_WINDOW));
  } catch {
    return undefined;
  }
}

export const diagnosisLines = ({ finding, remedy }: Diagnosis): string[] =>
  remedy === undefined ? [finding] : [finding, remedy];
