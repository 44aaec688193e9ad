// Which processor was measured on: its model, generation and vector extensions, on which a ratio between two programs turns.
import { ask } from '../../scripts/dino.mjs';

/** e.g. `AMD EPYC (family 23, model 49, stepping 0; AVX2), 2 cores`. @returns {Promise<string>} */
export async function processorHere() {
  const { processor } = await ask(['engines']);
  return processor;
}
