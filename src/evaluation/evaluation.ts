/** What an evaluation of a checkpoint's features is: `dino eval <name>`. */
import type { FeatureMatrix } from './knn.js';

/** Features of labeled images. */
interface LabeledFeatures {
  /** A row an image, each of length 1. */
  readonly features: FeatureMatrix;
  /** [rows], classes counted from 0, the same in both sets. */
  readonly labels: Int32Array;
}

interface LabeledSets {
  readonly train: LabeledFeatures;
  readonly test: LabeledFeatures;
}

interface EvaluationOption {
  /** One word: `k` is `--k` of the command line. */
  readonly name: string;
  /** What stands for its value in the help, such as `<list>`. */
  readonly placeholder: string;
  readonly description: string;
  /** @throws Error with one sentence that says what the value must be */
  parse(text: string): unknown;
}

interface EvaluationResult {
  /** Of `--json`, below the evaluation's name. */
  readonly values: unknown;
  /** For people. */
  readonly lines: readonly string[];
}

export interface Evaluation {
  /** Of its command. */
  readonly name: string;
  /** At the start of a sentence about it. */
  readonly title: string;
  readonly description: string;
  readonly options: readonly EvaluationOption[];
  /** @param options what was given, by the options' names, parsed */
  run(sets: LabeledSets, options: Readonly<Record<string, unknown>>): EvaluationResult;
}
