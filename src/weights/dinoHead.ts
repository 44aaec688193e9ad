/** DINO's projection head (`DINOHead` of vision_transformer.py), where a file has one beside the backbone. */

import type { HeadSpec } from '../method/heads/dinoHead.js';
import { headBuffers, headParameters } from '../method/heads/dinoHead.js';
import type { NamedSpecs } from '../program/program.js';
import { isCount } from './dialects/resnetDialect.js';
import type { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

export interface StoredHead {
  /** All but whether the last layer's norms are fixed, which only their values tell. */
  readonly shape: Omit<HeadSpec, 'normLastLayer'>;
  /** `head.*` or `ibot_head.*`: exactly its parameters and buffers. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/**
 * The head; undefined for any other (more layers, a classifier): features do not depend on it.
 * @param stored its values by their names within it
 * @param prefix of its standard names
 */
export function dinoHead(
  file: WeightsFile,
  stored: ReadonlyMap<string, unknown>,
  inDim: number,
  prefix: 'head.' | 'ibot_head.' = 'head.',
): StoredHead | undefined {
  const found = new Map([...stored].map(([name, value]) => [standardName(name), value]));
  const tensor = (name: string) => file.tensor(found.get(name), `${prefix}${name}`);
  const [outDim, bottleneckDim] = tensor('last_layer.weight_v')?.shape ?? [];
  const [hiddenDim] = tensor('mlp.0.weight')?.shape ?? [];
  if (outDim === undefined || bottleneckDim === undefined || hiddenDim === undefined) return undefined;
  const batchNorm = found.has('mlp.1.running_mean');
  const shape = { inDim, hiddenDim, bottleneckDim, outDim, batchNorm };
  const expected = Object.entries(tensorsOf(shape));
  if (found.size !== expected.length) return undefined;
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, spec] of expected) {
    const stored = tensor(name);
    if (stored === undefined || stored.shape.join() !== spec.shape.join()) return undefined;
    if (stored.dtype !== (isCount(name) ? 'int32' : spec.dtype) && stored.dtype !== spec.dtype) return undefined;
    tensors[`${prefix}${name}`] = stored;
  }
  return { shape, tensors };
}

function tensorsOf(shape: StoredHead['shape']): NamedSpecs {
  const head = { ...shape, normLastLayer: true };
  return { ...headParameters(head), ...headBuffers(head) };
}

/** Newer versions of PyTorch's weight norm have other names for the same two tensors, lightly for the MLP. */
const standardName = (name: string): string =>
  name
    .replace(/^layers\./, 'mlp.')
    .replace('last_layer.parametrizations.weight.original0', 'last_layer.weight_g')
    .replace('last_layer.parametrizations.weight.original1', 'last_layer.weight_v');
