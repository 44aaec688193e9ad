import type { HostTensor, NamedHostTensors, NamedSpecs } from '../../src/program/program.js';
import { readSafetensors } from '../../src/weights/safetensors.js';

/** PyTorch counts batches in whole numbers, the step's state in floats. */
const counted = (name: string, tensor: HostTensor): HostTensor =>
  name.endsWith('.num_batches_tracked')
    ? { ...tensor, dtype: 'float32', data: Float32Array.from(tensor.data) }
    : tensor;

/** The tensors of a safetensors file, which says by name what is not in it. */
export class TensorFile {
  readonly tensors: NamedHostTensors;

  /** @throws Error with one sentence that names the file, when it cannot be read */
  constructor(readonly path: string) {
    // Student weights are saved under `module.` by some versions of the original; the names after it are the same.
    this.tensors = Object.fromEntries(
      Object.entries(readSafetensors(path)).map(([name, tensor]) => [
        name.replace(/^module\./, ''),
        counted(name, tensor),
      ]),
    );
  }

  /** @throws Error when there is none of this name */
  get(name: string): HostTensor {
    const tensor = this.tensors[name];
    if (tensor === undefined) throw new Error(`${this.path} has no tensor ${name}.`);
    return tensor;
  }

  /** @throws Error that names the first tensor that is missing, or of another shape or type */
  require(specs: NamedSpecs): void {
    for (const [name, wanted] of Object.entries(specs)) {
      const { shape, dtype } = this.get(name);
      if (shape.join() !== wanted.shape.join()) {
        throw new Error(
          `${this.path}: ${name} has the shape [${shape.join(', ')}], but [${wanted.shape.join(', ')}] is needed.`,
        );
      }
      if (dtype !== wanted.dtype) throw new Error(`${this.path}: ${name} is ${dtype}, but ${wanted.dtype} is needed.`);
    }
  }
}
