/**
 * DINO's Vision Transformer in the original's names (vision_transformer.py), which timm, DINOv2 and many others have taken over:
 * the same names do not mean the same network. So every tensor inside the network must be one that this program computes with.
 */

import { vitOfDino } from '../method/backbones/vit/lineages.js';
import { vitParameters } from '../method/backbones/vit/parameters.js';
import type { VitSpec } from '../method/backbones/vit/spec.js';
import { prefixed } from '../program/lookup.js';
import { requireArchitecture } from './architecture.js';
import { isBeside } from './beside.js';
import type { StoredNetwork } from './networks.js';
import { PickledObject } from './pickle/values.js';
import { type NamedStored, specsOf } from './storedSpecs.js';
import { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

/** Each network of this kind has it. */
export const FIRST_TENSOR = 'patch_embed.proj.weight';

/** All that weights tell of a ViT: the number of heads is not in them. */
export type VitShape = Omit<VitSpec, 'numHeads'>;

export interface StoredVit {
  readonly shape: VitShape;
  /** `backbone.*`: exactly the tensors of {@link vitParameters}, of their shapes. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/**
 * @throws Error with one sentence that names the file and the first tensor inside the network that this program has no part for,
 *   or the first that is missing or differs
 */
export function dinoVit(file: WeightsFile, network: StoredNetwork): StoredVit {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, value] of network.backbone) {
    if (isBeside(name)) continue;
    const fullName = network.prefix + name;
    const tensor = file.tensor(value, fullName);
    if (tensor ? !isOwn(name) : isInside(name) && value !== null)
      throw foreignPart(file, fullName, name, tensor ?? value);
    if (tensor) tensors[`backbone.${name}`] = tensor;
  }
  const shape = shapeOf(file, tensors);
  const expected = prefixed('backbone.', vitParameters({ ...shape, numHeads: 1 }));
  requireArchitecture(specsOf(file, tensors), expected, file.path);
  return { shape, tensors };
}

/** Of the original's names, in any block. */
const isOwn = (name: string): boolean =>
  /^(?:cls_token|pos_embed|(?:patch_embed\.proj|norm|blocks\.\d+\.(?:norm[12]|attn\.(?:qkv|proj)|mlp\.fc[12]))\.(?:weight|bias))$/.test(
    name,
  );

/** Whatever it is: it takes part in what the backbone computes. */
const isInside = (name: string): boolean => /^(?:cls_token|pos_embed|patch_embed|blocks|norm)(?:\.|$)/.test(name);

/** What people call the parts that other networks have. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\.(?:ls\d?\.gamma|gamma_\d|lambda_?\d)$/, 'LayerScale'],
  [/^(?:register_tokens|reg_token|storage_tokens)$/, 'register tokens'],
  [/\.(?:q|k)_norm\./, 'norms of queries and keys'],
  [/\.(?:attn|mlp)\.norm\./, 'another norm'],
  [/\.mlp\.w\d+\./, 'SwiGLU'],
  [/^dist_token$/, "DeiT's distillation token"],
  [/^fc_norm\./, 'a norm behind the pooling'],
  [/^(?:norm_pre|pre_norm|ln_pre)\./, 'a norm before the blocks'],
  [/relative_position|rel_pos/, 'relative positions'],
  [/lora_/, 'LoRA'],
];

function foreignPart({ path }: WeightsFile, fullName: string, name: string, value: unknown): Error {
  const another = `${path} is of another architecture: it has ${fullName}`;
  if (!(value instanceof StoredTensor)) {
    const maker = value instanceof PickledObject ? ` but what ${value.maker.name} makes` : '';
    return new Error(`${another}, which is no tensor${maker}.`);
  }
  const part = PARTS.find(([pattern]) => pattern.test(name))?.[1];
  return new Error(
    `${another}${part ? ` (${part})` : ''}, which this program has no part for; without it the features would be those of another network.`,
  );
}

function shapeOf(file: WeightsFile, tensors: NamedStored): VitShape {
  const noVit = (what: string) => new Error(`${file.path} holds no Vision Transformer of DINO's: ${what}.`);
  const patches = tensors[`backbone.${FIRST_TENSOR}`]?.shape ?? [];
  const [embedDim = 0, inChans = 0, patchSize = 0] = patches;
  if (patches.length !== 4 || patches.includes(0))
    throw noVit(`its ${FIRST_TENSOR} is not of the shape [dim, channels, patch, patch]`);
  if (inChans !== 1 && inChans !== 3) throw noVit(`it takes images of ${inChans} channels, not of 1 or 3`);
  const positions = tensors['backbone.pos_embed'];
  if (!positions) throw noVit('its pos_embed is missing');
  const tokens = positions.shape[1] ?? 0;
  const side = Math.round(Math.sqrt(tokens - 1));
  if (tokens < 2 || side * side !== tokens - 1)
    throw noVit(`its pos_embed has ${tokens} tokens, which is not a square and one more for the class token`);
  // Counted, and not the highest number: a file's word for it could be any.
  const blocks = Object.keys(tensors).flatMap((name) => /^backbone\.blocks\.(\d+)\./.exec(name)?.[1] ?? []);
  const depth = new Set(blocks).size;
  if (depth === 0) throw noVit('it has no blocks');
  return vitOfDino({ patchSize, inChans, imageSize: side * patchSize, embedDim, depth });
}
