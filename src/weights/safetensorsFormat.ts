/** The safetensors format among the formats of weights. */
import { isText } from './fileKind.js';
import type { WeightFormat } from './format.js';
import { storedSafetensors } from './safetensors.js';
import { StoredTensor } from './storedTensor.js';

export const safetensorsFormat: WeightFormat = {
  name: 'a safetensors file',
  endings: ['safetensors'],
  /** Eight bytes of length, then a JSON object. The length may be wrong: whoever reads the file says so. */
  recognizes: (head) => head.length > 8 && head[8] === '{'.charCodeAt(0) && !isText(head.subarray(0, 8)),
  open: (file) => {
    const { tensors, metadata } = storedSafetensors(file);
    return {
      root: tensors,
      metadata,
      foreign: [],
      tensor: (value) => (value instanceof StoredTensor ? value : undefined),
    };
  },
};
