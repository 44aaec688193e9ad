import { ANTIALIASED_POSITIONS, DINO_POSITIONS } from '../method/backbones/vit/lineages.js';
import type { PositionRule } from '../method/backbones/vit/spec.js';
import type { Exported } from './exportFormat.js';

/**
 * Says where a library resizes position embeddings by another rule than the network was trained with: it then agrees with this program at
 * the resolution of the training alone.
 */
export function positionNote(
  { network: { backbone, name } }: Exported,
  library: string,
  theirs: Omit<PositionRule, 'ofCls'>,
): string[] {
  if (backbone.kind !== 'vit') return [];
  const { antialias, offset } = backbone.positions;
  if (antialias === theirs.antialias && offset === theirs.offset) return [];
  return [
    `${library} resizes position embeddings by a rule of its own: its features are those of ${name} at ${backbone.imageSize} pixels, and differ a little at other resolutions.`,
  ];
}

/** The same of facebookresearch's dino and dinov2, whose networks with registers have another rule. */
export function originalPositionNote(exported: Exported): string[] {
  const { backbone } = exported.network;
  const hasRegisters = backbone.kind === 'vit' && backbone.registers > 0;
  return positionNote(exported, "the original's code", hasRegisters ? ANTIALIASED_POSITIONS : DINO_POSITIONS);
}
