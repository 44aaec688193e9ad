import { createHash } from 'node:crypto';
import type { LoadedNetwork } from '../runs/network.js';
import { backboneWeights } from './backboneWeights.js';

/** Equal for networks that give the same features: a SHA-256 over the backbone's shape and weights. */
export function networkIdentity(network: LoadedNetwork): string {
  const hash = createHash('sha256').update(JSON.stringify(network.backbone));
  for (const [name, { data }] of Object.entries(backboneWeights(network)).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
