import { float32 } from '../../program/program.js';
import { safetensorsHeader } from '../../weights/safetensors.js';
import { plainNumbers } from './plainNumbers.js';

/** One tensor, `features`. */
export const safetensors = plainNumbers('.safetensors', (rows, dim) =>
  safetensorsHeader({ features: float32(rows, dim) }),
);
