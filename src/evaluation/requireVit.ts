import type { VitSpec } from '../method/backbones/vit/spec.js';
import type { LoadedNetwork } from '../runs/network.js';

/** @param parts of a Vision Transformer, which are needed @throws Error with one sentence when the network is a ResNet, which has none */
export function requireVit(
  { backbone, name }: Pick<LoadedNetwork, 'backbone' | 'name'>,
  parts: 'attention' | 'patches',
): VitSpec {
  if (backbone.kind === 'vit') return backbone;
  throw new Error(`${name} is a ResNet, which has no ${parts}: choose the checkpoint of a Vision Transformer.`);
}
