/** The shape of a Vision Transformer by its tensors, in their standard names. */
import { DINO_POSITIONS, vitOfDino, vitOfDinov2 } from '../../method/backbones/vit/lineages.js';
import type { VitMlp } from '../../method/backbones/vit/spec.js';
import type { NamedStored } from '../storedSpecs.js';
import type { WeightsFile } from '../weightsFile.js';
import type { VitShape } from './dialect.js';
import type { VitHabits } from './vitDialect.js';

/** Of the names of dino and dinov2, in any block. */
export const isStandardVitName = (name: string): boolean =>
  /^(?:cls_token|pos_embed|register_tokens|mask_token|(?:patch_embed\.proj|norm|blocks\.\d+\.(?:norm[12]|attn\.(?:qkv|proj)|mlp\.(?:fc[12]|w12|w3)))\.(?:weight|bias)|blocks\.\d+\.ls[12]\.gamma)$/.test(
    name,
  );

/**
 * @param nameOf what a tensor is called in the file
 * @throws Error with one sentence that names the file, when it holds no ViT at all
 */
export function shapeOfTensors(
  file: WeightsFile,
  tensors: NamedStored,
  { positions, normEps, start }: Omit<VitHabits, 'numHeads' | 'headsSaidBy'>,
  nameOf: (standard: string) => string,
): VitShape {
  const noVit = (what: string) => new Error(`${file.path} holds no Vision Transformer of DINO's: ${what}.`);
  const patches = tensors['patch_embed.proj.weight']?.shape ?? [];
  const [embedDim = 0, inChans = 0, patchSize = 0] = patches;
  if (patches.length !== 4 || patches.includes(0))
    throw noVit(`its ${nameOf('patch_embed.proj.weight')} is not of the shape [dim, channels, patch, patch]`);
  const depth = depthOf(file.path, tensors);
  if (depth === 0) throw noVit('it has no blocks');
  const { side, ofCls } = gridOf(file.path, tensors, noVit, nameOf('pos_embed'));
  // Where one block has it, the others must have it too: what is missing is listed then.
  const hasInBlocks = (name: RegExp) => Object.keys(tensors).some((tensor) => name.test(tensor));
  const registers = tensors['register_tokens']?.shape[1] ?? 0;
  const layerScale = hasInBlocks(/\.ls[12]\.gamma$/);
  const sizes = { patchSize, inChans, imageSize: side * patchSize, embedDim, depth };
  return {
    ...(layerScale ? vitOfDinov2(sizes) : vitOfDino(sizes)),
    registers,
    layerScale,
    mlp: mlpOf(tensors, embedDim),
    qkvBias: hasInBlocks(/\.attn\.qkv\.bias$/),
    projBias: hasInBlocks(/\.attn\.proj\.bias$/),
    mlpBias: hasInBlocks(/\.mlp\.\w+\.bias$/),
    maskToken: tensors['mask_token'] !== undefined,
    normEps,
    positions: { ...DINO_POSITIONS, ...positions, ofCls },
    ...(start && { start }),
  };
}

/** Counted, and not the highest number: a file's word for it could be any. @throws Error that names a number that is left out */
function depthOf(path: string, tensors: NamedStored): number {
  const numbers = new Set(
    Object.keys(tensors)
      .flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])
      .map(Number),
  );
  const missing = [...numbers.keys()].findIndex((_, number) => !numbers.has(number));
  if (missing < 0) return numbers.size;
  const highest = [...numbers].reduce((one, other) => Math.max(one, other));
  throw new Error(
    `${path} is of another architecture: it has the block ${highest}, but not the block ${missing}; blocks are counted from 0.`,
  );
}

/** A square of positions, and one more where the CLS token has its own. @param name of the positions in the file */
function gridOf(
  path: string,
  tensors: NamedStored,
  noVit: (what: string) => Error,
  name: string,
): { side: number; ofCls: boolean } {
  const positions = tensors['pos_embed'];
  if (!positions) throw noVit(`its ${name} is missing`);
  const tokens = positions.shape[1] ?? 0;
  for (const ofCls of [true, false]) {
    const side = Math.round(Math.sqrt(tokens - (ofCls ? 1 : 0)));
    if (side > 0 && side * side + (ofCls ? 1 : 0) === tokens) return { side, ofCls };
  }
  const registers = tensors['register_tokens']?.shape[1] ?? 0;
  if (registers > 0 && Number.isInteger(Math.sqrt(tokens - 1 - registers)))
    throw new Error(
      `${path} is of another architecture: the positions in ${name} are also those of its ${registers} register tokens, which this program does not compute.`,
    );
  throw noVit(
    `its ${name} has ${tokens} tokens, which is neither a square nor a square and one more for the class token`,
  );
}

function mlpOf(tensors: NamedStored, embedDim: number): VitMlp {
  const hiddenOf = (name: string) => tensors[`blocks.0.mlp.${name}.weight`]?.shape[1];
  const gated = hiddenOf('w3');
  if (gated !== undefined) return { kind: 'swiglu', hiddenDim: gated };
  return { kind: 'gelu', hiddenDim: hiddenOf('fc2') ?? vitOfDino({ embedDim }).mlp.hiddenDim };
}
