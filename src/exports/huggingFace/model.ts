import type { NamedHostTensors } from '../../program/program.js';

/** A network in the terms of transformers. */
export interface HuggingFaceModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: NamedHostTensors;
  /** Names of the ONNX model's outputs, by those of the program for any size. */
  readonly onnxOutputs: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  /** More arguments of `from_pretrained`. */
  readonly loading: string;
  /** Where the feature of an image is in what the model gives. */
  readonly feature: string;
}
