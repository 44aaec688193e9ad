import { float32, type NamedSpecs, type TensorSpec } from '../../../program/program.js';
import { constant, type Initial, normal, uniformByFanIn } from '../../initial.js';
import { patchesPerSide, type VitSpec } from './spec.js';

/** A ViT's parameters, in the names and the order of dinov2's vision_transformer.py (`named_parameters`); dino's are the same without its own. */
export function vitParameters(vit: VitSpec): NamedSpecs {
  const { embedDim: dim, patchSize, inChans, registers, positions } = vit;
  const patches = patchesPerSide(vit, vit.imageSize) ** 2;
  const specs: Record<string, TensorSpec> = {
    cls_token: float32(1, 1, dim),
    pos_embed: float32(1, patches + (positions.ofCls ? 1 : 0), dim),
    ...(registers > 0 && { register_tokens: float32(1, registers, dim) }),
    ...(vit.maskToken && { mask_token: float32(1, dim) }),
    'patch_embed.proj.weight': float32(dim, inChans, patchSize, patchSize),
    'patch_embed.proj.bias': float32(dim),
  };
  for (let block = 0; block < vit.depth; block++)
    for (const [name, spec] of Object.entries(blockParameters(vit))) specs[`blocks.${block}.${name}`] = spec;
  return { ...specs, ...norm('norm', dim) };
}

function blockParameters(vit: VitSpec): NamedSpecs {
  const { embedDim: dim, mlp, layerScale } = vit;
  const gain = (name: string): NamedSpecs => (layerScale ? { [`${name}.gamma`]: float32(dim) } : {});
  const [first, last] = mlpLayers(vit);
  return {
    ...norm('norm1', dim),
    ...linear('attn.qkv', dim, 3 * dim, vit.qkvBias),
    ...linear('attn.proj', dim, dim, vit.projBias),
    ...gain('ls1'),
    ...norm('norm2', dim),
    ...linear(first, dim, mlp.kind === 'swiglu' ? 2 * mlp.hiddenDim : mlp.hiddenDim, vit.mlpBias),
    ...linear(last, mlp.hiddenDim, dim, vit.mlpBias),
    ...gain('ls2'),
  };
}

/** The names of the MLP's two layers. */
export const mlpLayers = ({ mlp }: Pick<VitSpec, 'mlp'>): readonly [string, string] =>
  mlp.kind === 'swiglu' ? ['mlp.w12', 'mlp.w3'] : ['mlp.fc1', 'mlp.fc2'];

const norm = (name: string, dim: number): NamedSpecs => ({
  [`${name}.weight`]: float32(dim),
  [`${name}.bias`]: float32(dim),
});

const linear = (name: string, from: number, to: number, hasBias: boolean): NamedSpecs => ({
  [`${name}.weight`]: float32(to, from),
  ...(hasBias && { [`${name}.bias`]: float32(to) }),
});

/** How a parameter starts (vision_transformer.py, `_init_weights` and `init_weights`; PyTorch's default for the convolution). */
export function initialOf({ inChans, patchSize, start }: VitSpec, name: string): Initial {
  if (name.startsWith('patch_embed.proj')) return uniformByFanIn(inChans * patchSize ** 2);
  if (name === 'cls_token' || name === 'register_tokens') return normal(start.tokens);
  if (name === 'mask_token' || name.endsWith('.bias')) return constant(0);
  if (/norm\d?\.weight$/.test(name)) return constant(1);
  if (name.endsWith('.gamma')) return constant(start.layerScale);
  return normal(0.02);
}
