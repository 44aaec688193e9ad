/** Results of evaluations of a run's checkpoints: `evaluations/<step>-<network>-<evaluation>-<what it was made of>.json`. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { schemaProblem } from '../errors/schemaProblem.js';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import { csvLines } from '../tables/csv.js';

const EVALUATION_SCHEMA_VERSION = 1;

const count = z.int().min(0);
const recordSchema = z.object({
  schemaVersion: z.literal(EVALUATION_SCHEMA_VERSION),
  /** Its name, as of `dino eval`, and the version of its `details`. */
  evaluation: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: count,
  title: z.string(),
  checkpoint: z.object({ name: z.string(), step: count.optional(), network: z.string().optional() }),
  /** As they were given. */
  options: z.record(z.string(), z.unknown()),
  /** What each input was, and how many of its images counted. */
  data: z.record(
    z.string(),
    z.object({ path: z.string(), fingerprint: z.string().optional(), images: count.optional() }),
  ),
  date: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  /** The most important first; `metric` is a name of the catalogue. */
  summary: z.array(z.object({ metric: z.string(), value: z.number() })),
  /** The result for people. */
  lines: z.array(z.string()),
  details: z.unknown(),
});
export type EvaluationRecord = Readonly<z.output<typeof recordSchema>>;

export interface StoredEvaluation {
  readonly file: string;
  readonly record: EvaluationRecord;
}

/** A file in the place of a result that cannot be read. */
export interface BrokenEvaluation {
  readonly file: string;
  readonly error: string;
}

export const newEvaluationRecord = (of: Omit<EvaluationRecord, 'schemaVersion'>): EvaluationRecord => ({
  schemaVersion: EVALUATION_SCHEMA_VERSION,
  ...of,
});

export const evaluationsFolder = (dir: string): string => join(dir, 'evaluations');

/**
 * Puts a result into a run's folder; it takes the place of an earlier one of the same evaluation, data and options.
 * @returns the file @throws Error naming the file and why it cannot be written
 */
export async function storeEvaluation(dir: string, record: EvaluationRecord): Promise<string> {
  const { checkpoint, evaluation } = record;
  const hash = createHash('sha256').update(madeOf(record)).digest('hex').slice(0, 8);
  const step = String(checkpoint.step ?? 0).padStart(8, '0');
  const file = join(evaluationsFolder(dir), `${step}-${checkpoint.network ?? 'network'}-${evaluation}-${hash}.json`);
  try {
    // Not the run's folder: when it has been deleted meanwhile, it stays so.
    await mkdir(evaluationsFolder(dir)).catch((error: unknown) => {
      if (fileErrorCode(error) !== 'EEXIST') throw error;
    });
    await writeFileAtomic(file, evaluationText(record));
  } catch (error) {
    throw new Error(`The result ${file} cannot be written: ${fileProblem(error)}.`);
  }
  return file;
}

/** Which data, at which place, and which options: results of the same are results of one thing. */
const madeOf = ({ data, options }: EvaluationRecord): string =>
  JSON.stringify([
    Object.entries(data).map(([name, { path, fingerprint }]) => [name, resolve(path), fingerprint]),
    options,
  ]);

export const evaluationText = (record: EvaluationRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** @throws Error with one sentence that names the file */
export function readEvaluation(file: string): EvaluationRecord {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'it is not JSON' : fileProblem(error);
    throw new Error(`The result ${file} cannot be read: ${what}.`);
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(json).data?.schemaVersion;
  if (version !== undefined && version !== EVALUATION_SCHEMA_VERSION)
    throw new Error(
      `The result ${file} has the form ${version}, which this version of DINO Lab does not know: update to read it.`,
    );
  const { data, error } = recordSchema.safeParse(json);
  if (data === undefined) throw new Error(`The result ${file} is damaged: ${schemaProblem(error, json)}.`);
  return data;
}

/** A run's results in order of their steps, then of their dates; none where there is no such folder. */
export function listEvaluations(dir: string): (StoredEvaluation | BrokenEvaluation)[] {
  const folder = evaluationsFolder(dir);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    return [{ file: folder, error: `The results in ${folder} cannot be listed: ${fileProblem(error)}.` }];
  }
  const all = names.sort().map((name): StoredEvaluation | BrokenEvaluation => {
    const file = join(folder, name);
    try {
      return { file, record: readEvaluation(file) };
    } catch (error) {
      return { file, error: fileProblem(error) };
    }
  });
  const order = (one: StoredEvaluation | BrokenEvaluation) =>
    'record' in one ? `${String(one.record.checkpoint.step ?? 0).padStart(12, '0')} ${one.record.date}` : '';
  return all.sort((one, other) => order(one).localeCompare(order(other)));
}

export const isStored = (one: StoredEvaluation | BrokenEvaluation): one is StoredEvaluation => 'record' in one;

/** The newest value of each metric at each step. */
export interface MeasuredStep {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * What was measured of a run's checkpoints, for curves over its steps. A metric is told of the network, data and options of its newest
 * result alone: numbers of others are not comparable.
 */
export function measuredSteps(stored: readonly (StoredEvaluation | BrokenEvaluation)[]): MeasuredStep[] {
  const records = stored.filter(isStored).map(({ record }) => record);
  const byDate = [...records].sort((one, other) => one.date.localeCompare(other.date));
  const newest = new Map(byDate.flatMap((record) => record.summary.map(({ metric }) => [metric, seriesOf(record)])));
  const steps = new Map<number, Record<string, number>>();
  for (const record of byDate) {
    const { step } = record.checkpoint;
    if (step === undefined) continue;
    for (const { metric, value } of record.summary) {
      if (newest.get(metric) !== seriesOf(record)) continue;
      steps.set(step, { ...steps.get(step), [metric]: value });
    }
  }
  return [...steps].sort(([one], [other]) => one - other).map(([step, values]) => ({ step, values }));
}

/**
 * What was measured in training and of checkpoints, in order of the steps. Of one step what was measured of its checkpoint comes last: it
 * was measured after the training had passed, and is the newest.
 */
export const inOrder = (inTraining: readonly MeasuredStep[], ofCheckpoints: readonly MeasuredStep[]): MeasuredStep[] =>
  [...inTraining, ...ofCheckpoints].sort((one, other) => one.step - other.step);

const seriesOf = (record: EvaluationRecord): string =>
  JSON.stringify([record.evaluation, record.checkpoint.network, madeOf(record)]);

/** One line a number: of which checkpoint, by which evaluation. */
export function evaluationTable(records: readonly EvaluationRecord[], catalogue: readonly MetricSpec[]): string {
  const units = new Map(catalogue.map(({ name, unit }) => [name, unit]));
  return csvLines([
    ['checkpoint', 'step', 'network', 'evaluation', 'metric', 'value', 'unit', 'data', 'date'],
    ...records.flatMap(({ checkpoint: { name, step, network }, evaluation, summary, data, date }) =>
      summary.map(({ metric, value }) => [
        ...[name, step, network, evaluation, metric, value, units.get(metric)],
        ...[
          Object.values(data)
            .map(({ path }) => path)
            .join('; '),
          date,
        ],
      ]),
    ),
  ]);
}
