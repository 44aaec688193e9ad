import type { NamedSpecs } from '../program/program.js';
import type { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

export type NamedStored = Readonly<Record<string, StoredTensor>>;

/** What the tensors will be once they are read. @throws Error that names one whose values cannot be read */
export function specsOf(file: WeightsFile, tensors: NamedStored): NamedSpecs {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, element }]) => {
      if (dtype === undefined)
        throw new Error(`${file.path} cannot be read: ${name} holds ${element} values, which are not supported.`);
      return [name, { shape, dtype }];
    }),
  );
}
