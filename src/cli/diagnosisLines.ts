import { DIAGNOSIS_WINDOW, type Diagnosis, diagnoseRun, type Statement } from '../diagnosis/diagnosis.js';
import { readRecent } from '../runs/recentMetrics.js';
import { metricsFile, openRun } from '../runs/run.js';

/** What is going on in a run, by what it has written; undefined when it cannot be read (its end is news enough). */
export async function diagnosisOf(dir: string): Promise<Diagnosis | undefined> {
  try {
    return diagnoseRun(await openRun(dir), readRecent(metricsFile(dir), DIAGNOSIS_WINDOW));
  } catch {
    return undefined;
  }
}

/** The gravest first. */
export const diagnosisLines = ({ also, ...first }: Diagnosis): string[] => [first, ...also].flatMap(statementLines);

const statementLines = ({ finding, remedy }: Statement): string[] =>
  remedy === undefined ? [finding] : [finding, remedy];
