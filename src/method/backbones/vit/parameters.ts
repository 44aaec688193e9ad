import { float32, type NamedSpecs, type TensorSpec } from '../../../program/program.js';
import { constant, type Initial, normal, uniformByFanIn } from '../../initial.js';
import { MLP_RATIO, patchesPerSide, type VitSpec } from './spec.js';

/** A ViT's parameters, in the original's order (vision_transformer.py, `named_parameters`). */
export function vitParameters(vit: VitSpec): NamedSpecs {
  const { embedDim: dim, patchSize, inChans } = vit;
  const specs: Record<string, TensorSpec> = {
    cls_token: float32(1, 1, dim),
    pos_embed: float32(1, patchesPerSide(vit, vit.imageSize) ** 2 + 1, dim),
    'patch_embed.proj.weight': float32(dim, inChans, patchSize, patchSize),
    'patch_embed.proj.bias': float32(dim),
  };
  for (let block = 0; block < vit.depth; block++) {
    const name = `blocks.${block}`;
    Object.assign(specs, {
      [`${name}.norm1.weight`]: float32(dim),
      [`${name}.norm1.bias`]: float32(dim),
      [`${name}.attn.qkv.weight`]: float32(3 * dim, dim),
      [`${name}.attn.qkv.bias`]: float32(3 * dim),
      [`${name}.attn.proj.weight`]: float32(dim, dim),
      [`${name}.attn.proj.bias`]: float32(dim),
      [`${name}.norm2.weight`]: float32(dim),
      [`${name}.norm2.bias`]: float32(dim),
      [`${name}.mlp.fc1.weight`]: float32(MLP_RATIO * dim, dim),
      [`${name}.mlp.fc1.bias`]: float32(MLP_RATIO * dim),
      [`${name}.mlp.fc2.weight`]: float32(dim, MLP_RATIO * dim),
      [`${name}.mlp.fc2.bias`]: float32(dim),
    });
  }
  specs['norm.weight'] = float32(dim);
  specs['norm.bias'] = float32(dim);
  return specs;
}

/** How a parameter starts (vision_transformer.py, `_init_weights`; PyTorch's default for the convolution). */
export function initialOf({ inChans, patchSize }: VitSpec, name: string): Initial {
  if (name.startsWith('patch_embed.proj')) return uniformByFanIn(inChans * patchSize ** 2);
  if (name.endsWith('.bias')) return constant(0);
  if (/norm\d?\.weight$/.test(name)) return constant(1);
  return normal(0.02);
}
