import { statSync } from 'node:fs';
import { Command } from 'commander';
import { DIAGNOSIS_WINDOW, diagnoseRun } from '../diagnosis/diagnosis.js';
import { METRICS } from '../metrics/catalogue.js';
import { formatMetric, type MetricSpec } from '../metrics/metricSpec.js';
import { inOrder, isStored, listEvaluations, type MeasuredStep, measuredSteps } from '../runs/evaluations.js';
import { readEvaluated, readRecent } from '../runs/recentMetrics.js';
import { listRuns, metricsFile } from '../runs/run.js';
import { runsTableHead, runsTableRow } from '../runs/runsTable.js';
import { diagnosisLines } from './diagnosisLines.js';
import { withOutputOptions } from './options.js';
import { type OutputOptions, writeLine, writeResult } from './terminal.js';

/** `dino runs`: the runs in a folder, newest first, each with how it stands and what is going on in it. */
export const runsCommand = (): Command =>
  withOutputOptions(
    new Command('runs')
      .description('list the runs in a folder, and say what is going on in each')
      .argument('[folder]', 'the folder that the runs lie in (default: runs)')
      .option('--csv', 'print a table instead: a row a run, with its newest results and all settings'),
  ).action(list);

/** Where runs are kept, where nobody says otherwise. */
const USUAL_FOLDER = 'runs';

async function list(given: string | undefined, options: OutputOptions & { readonly csv?: boolean }): Promise<void> {
  // Nobody has named the usual folder: it may not be there yet.
  if (given !== undefined) requireFolder(given);
  const folder = given ?? USUAL_FOLDER;
  if (options.csv) return writeTable(folder);
  const runs = await Promise.all((await listRuns(folder)).map(reported));
  const lines = runs.flatMap(linesOf);
  writeResult(options, { runs }, lines.length > 0 ? lines : [`There is no run in ${folder}.`]);
}

type ListedRun = Awaited<ReturnType<typeof listRuns>>[number];

async function reported(run: ListedRun) {
  if (!('record' in run)) return run;
  const recent = readRecent(metricsFile(run.dir), DIAGNOSIS_WINDOW);
  const last = recent.steps.at(-1);
  const { name, totals } = run.record;
  const loss = last?.loss;
  // The record counts the steps up to the last checkpoint.
  const step = Math.max(totals.steps, last?.step ?? 0);
  const { dir, status } = run;
  const stored = listEvaluations(dir);
  const evaluations = inOrder(await readEvaluated(metricsFile(dir)), measuredSteps(stored));
  const unreadable = stored.flatMap((one) => (isStored(one) ? [] : [one.error]));
  return {
    ...{ dir, name, status, step, totalSteps: totals.totalSteps, loss },
    ...{ diagnosis: diagnoseRun(run, recent), evaluations, unreadable },
  };
}

function linesOf(run: Awaited<ReturnType<typeof reported>>): string[] {
  if ('error' in run) return [`${run.dir}: cannot be read`, `  ${run.error}`];
  const { dir, name, status, step, totalSteps, loss, diagnosis, evaluations, unreadable } = run;
  const head = `${name} (${dir}): ${status}, step ${step} of ${totalSteps}`;
  return [
    loss === undefined ? head : `${head}, loss ${loss.toFixed(4)}`,
    ...[...diagnosisLines(diagnosis), ...evaluationLines(evaluations), ...unreadable].map((line) => `  ${line}`),
  ];
}

function requireFolder(folder: string): void {
  const entry = statSync(folder, { throwIfNoEntry: false });
  if (entry === undefined) throw new Error(`There is no folder ${folder}.`);
  if (!entry.isDirectory()) throw new Error(`${folder} is no folder: give the folder that the runs lie in.`);
}

/** @throws Error naming a file of metrics that cannot be read */
async function writeTable(folder: string): Promise<void> {
  const rows: string[] = [];
  for (const run of await listRuns(folder))
    if ('record' in run) rows.push(await runsTableRow(run));
    else writeLine(`warn: ${run.dir} cannot be read: ${run.error}`);
  process.stdout.write(`${runsTableHead()}${rows.join('')}`);
}

/** The newest value of each metric, and the best where another step has it. @param steps in order, the newest last */
function evaluationLines(steps: readonly MeasuredStep[]): string[] {
  return METRICS.filter(({ occasion }) => occasion === 'evaluation').flatMap((metric) => {
    const values = steps.flatMap(({ step, values: { [metric.name]: value } }) =>
      value === undefined ? [] : [{ step, value }],
    );
    const newest = values.at(-1);
    if (newest === undefined) return [];
    const best = values.reduce((one, other) => (isBetter(metric, other.value, one.value) ? other : one));
    const text = ({ step, value }: typeof newest) => `${formatMetric(metric, value)} ${metric.unit} at step ${step}`;
    return [`${metric.title}: ${text(newest)}${best === newest ? '' : `, best ${text(best)}`}`];
  });
}

const isBetter = ({ lowIsGood }: MetricSpec, one: number, other: number): boolean =>
  lowIsGood ? one < other : one > other;
