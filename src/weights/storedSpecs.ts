import type { TensorSpec } from '../program/program.js';
import { numbersOf } from './elements.js';
import type { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

export type NamedStored = Readonly<Record<string, StoredTensor>>;

/** What a tensor will be once it is read, and what its values are called in the file. */
interface StoredSpec extends TensorSpec {
  readonly numbers: string;
}

/**
 * What the tensors will be once they are read.
 * @param nameOf what a tensor is called in the file
 * @throws Error that names one whose values cannot be read
 */
export function specsOf(
  file: WeightsFile,
  tensors: NamedStored,
  nameOf: (name: string) => string,
): Readonly<Record<string, StoredSpec>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, element }]) => {
      if (dtype === undefined)
        throw new Error(
          `${file.path} cannot be read: ${nameOf(name)} holds ${element} values, which are not supported.`,
        );
      return [name, { shape, dtype, numbers: numbersOf(element) }];
    }),
  );
}
