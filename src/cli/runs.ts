import { Command } from 'commander';
import { DIAGNOSIS_WINDOW, diagnoseRun } from '../diagnosis/diagnosis.js';
import { readRecent } from '../runs/recentMetrics.js';
import { listRuns, metricsFile } from '../runs/run.js';
import { diagnosisLines } from './diagnosisLines.js';
import { withOutputOptions } from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

/** `dino runs`: the runs in a folder, newest first, each with how it stands and what is going on in it. */
export const runsCommand = (): Command =>
  withOutputOptions(
    new Command('runs')
      .description('list the runs in a folder, and say what is going on in each')
      .argument('[folder]', 'the folder that the runs lie in', 'runs'),
  ).action(list);

async function list(folder: string, options: OutputOptions): Promise<void> {
  const runs = (await listRuns(folder)).map((run) => {
    if (!('record' in run)) return run;
    const recent = readRecent(metricsFile(run.dir), DIAGNOSIS_WINDOW);
    const last = recent.steps.at(-1);
    const { name, totals } = run.record;
    const loss = last?.loss;
    // The record counts the steps up to the last checkpoint.
    const step = Math.max(totals.steps, last?.step ?? 0);
    const { dir, status } = run;
    return { dir, name, status, step, totalSteps: totals.totalSteps, loss, diagnosis: diagnoseRun(run, recent) };
  });
  const lines = runs.flatMap((run) => {
    if ('error' in run) return [`${run.dir}: cannot be read`, `  ${run.error}`];
    const { dir, name, status, step, totalSteps, loss, diagnosis } = run;
    const head = `${name} (${dir}): ${status}, step ${step} of ${totalSteps}`;
    return [
      loss === undefined ? head : `${head}, loss ${loss.toFixed(4)}`,
      ...diagnosisLines(diagnosis).map((line) => `  ${line}`),
    ];
  });
  writeResult(options, { runs }, lines.length > 0 ? lines : [`There is no run in ${folder}.`]);
}
