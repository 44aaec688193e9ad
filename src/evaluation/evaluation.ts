/** What an evaluation of a network is: `dino eval <name>`, a line of "Evaluate…" in VS Code, and a file of results beside the checkpoint. */
import type { z } from 'zod';
import type { ImageDataset } from '../data/dataset.js';
import type { LeftOut } from '../data/leftOut.js';
import type { Engine } from '../engines/engine.js';
import { schemaProblem } from '../errors/schemaProblem.js';
import type { DerivedFiles } from '../files/derivedFiles.js';
import type { EvaluationMetricName } from '../metrics/catalogue.js';
import type { LoadedNetwork } from '../runs/network.js';
import type { TableOptions } from './tables/tableOptions.js';

/** How its inputs are read. */
export interface Reading {
  /** What a person says of tables of labels; {}: all is detected. */
  readonly tables: TableOptions;
  readonly signal?: AbortSignal;
}

/** What it has to compute with. */
export interface Computing {
  readonly network: LoadedNetwork;
  readonly engine: Engine;
  /** Aborted: the work ends by throwing the signal's reason. */
  readonly signal: AbortSignal;
  /** Hears how much of what is done, such as `features of /images`; what it throws ends the work. */
  progress(done: number, total: number, of: string): void;
  /** Hears a sentence about something that is left out. */
  warn(message: string): void;
  /** Where an evaluation that takes long keeps what it has, so that it goes on after its process was killed. */
  readonly kept?: DerivedFiles | undefined;
}

/** What an input turned out to be. */
interface DescribedInput {
  readonly path: string;
  /** Tells whether it is the same the next time. */
  readonly fingerprint?: string;
  readonly leftOut?: LeftOut;
}

export interface Opened<Data> {
  readonly data: Data;
  /** By the input's name. */
  readonly inputs: Readonly<Record<string, DescribedInput>>;
  /** What was decided to read them: one sentence each, without its full stop. */
  readonly notes: readonly string[];
}

interface Evaluated<Result> {
  /** How many images of each input counted. */
  readonly images: Readonly<Record<string, number>>;
  /** Plain JSON. */
  readonly result: Result;
}

/** A number of the catalogue of metrics, which tables and curves have. */
interface MetricValue {
  readonly metric: EvaluationMetricName;
  readonly value: number;
}

/** An evaluation as it is written: each in a file of its own in `evaluations/`, in the types of its own schemas. */
interface EvaluationPlan<Inputs extends z.ZodObject, Options extends z.ZodObject, Data, Result> {
  /** Of its command and its files. */
  readonly name: string;
  /** At the start of a sentence about it. */
  readonly title: string;
  readonly description: string;
  /** Counts up whenever `result` takes another form. */
  readonly version: number;
  /** Where its data lie: fields of `pathInput`. `trainLabels` is `--train-labels` of the command line. */
  readonly inputs: Inputs;
  /** Fields of `options.ts`; each can be left out. */
  readonly options: Options;
  readonly result: z.ZodType<Result>;
  /** Its inputs for a folder that is at hand, such as the images of a run; or a sentence that says what they lack. */
  suggest(dataset: ImageDataset): z.input<Inputs> | string;
  /** What the network lacks, a clause; when left out, every network will do. */
  unfit?(network: LoadedNetwork): string | undefined;
  /** Opens and checks what it can before the network is loaded. @throws Error with one sentence */
  open(inputs: z.output<Inputs>, reading: Reading): Promise<Opened<Data>>;
  /** @throws Error with one sentence; the reason of the signal when it aborts */
  run(data: Data, options: z.output<Options>, by: Computing): Promise<Evaluated<Result>>;
  /** What tables and curves show of it, the most important first. */
  summary(result: Result): readonly MetricValue[];
  /** For people. */
  lines(result: Result): readonly string[];
  /** Of `--json`, below the evaluation's name; when left out: the result. */
  json?(result: Result): unknown;
}

/** A result with what is said of it. */
interface Outcome {
  readonly images: Readonly<Record<string, number>>;
  readonly result: unknown;
  readonly json: unknown;
  readonly summary: readonly MetricValue[];
  readonly lines: readonly string[];
}

/** One that has its inputs. */
interface OpenedEvaluation extends Omit<Opened<unknown>, 'data'> {
  /** As they were given, those that were left out by their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  run(by: Computing): Promise<Outcome>;
}

/** An evaluation as the command line, the worker and tables know it. */
export interface Evaluation extends Pick<EvaluationPlan<z.ZodObject, z.ZodObject, unknown, unknown>, Described> {
  suggest(dataset: ImageDataset): Readonly<Record<string, unknown>> | string;
  unfit(network: LoadedNetwork): string | undefined;
  /** @param inputs paths by name @param options by name, as values or as text @throws Error with one sentence */
  open(inputs: unknown, options: unknown, reading: Reading): Promise<OpenedEvaluation>;
}
type Described = 'name' | 'title' | 'description' | 'version' | 'inputs' | 'options' | 'result';

/** Makes an evaluation of its plan. */
export function evaluationOf<Inputs extends z.ZodObject, Options extends z.ZodObject, Data, Result>(
  plan: EvaluationPlan<Inputs, Options, Data, Result>,
): Evaluation {
  const { name, title, description, version } = plan;
  return {
    ...{ name, title, description, version },
    ...{ inputs: plan.inputs, options: plan.options, result: plan.result },
    suggest: (dataset) => plan.suggest(dataset),
    unfit: (network) => plan.unfit?.(network),
    async open(givenInputs, givenOptions, reading) {
      const options = parsed(plan.options, givenOptions, title);
      const opened = await plan.open(parsed(plan.inputs, givenInputs, title), reading);
      return {
        inputs: opened.inputs,
        notes: opened.notes,
        options,
        async run(by) {
          const { images, result } = await plan.run(opened.data, options, by);
          const json = plan.json === undefined ? result : plan.json(result);
          return { images, result, json, summary: plan.summary(result), lines: plan.lines(result) };
        },
      };
    },
  };
}

function parsed<Schema extends z.ZodObject>(schema: Schema, given: unknown, title: string): z.output<Schema> {
  const result = schema.strict().safeParse(given);
  if (result.success) return result.data as z.output<Schema>;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') throw new Error(`${title} has no option ${issue.keys[0]}.`);
  // The fields say themselves what they must be.
  if (issue?.message.startsWith('It must'))
    throw new Error(`${title}: ${issue.path.join('.')} is wrong: ${issue.message}`);
  throw new Error(`${title}: ${schemaProblem(result.error, given)}.`);
}
