import { prefixed } from '../program/lookup.js';
import { float32, type NamedSpecs, type TensorSpec } from '../program/program.js';
import { type HeadSpec, MLP_RATIO, type NetworkSpec, patchesPerSide, type VitSpec } from './specification.js';

/** The backbone's parameters without prefix, in the original's order (vision_transformer.py, `named_parameters`). */
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

/** The projection head's parameters without prefix. The gaps in the numbering are the GELUs of the original's Sequential. */
export function headParameters(head: HeadSpec): NamedSpecs {
  const { inDim, hiddenDim, bottleneckDim, outDim } = head;
  return {
    'mlp.0.weight': float32(hiddenDim, inDim),
    'mlp.0.bias': float32(hiddenDim),
    'mlp.2.weight': float32(hiddenDim, hiddenDim),
    'mlp.2.bias': float32(hiddenDim),
    'mlp.4.weight': float32(bottleneckDim, hiddenDim),
    'mlp.4.bias': float32(bottleneckDim),
    'last_layer.weight_g': float32(outDim, 1),
    'last_layer.weight_v': float32(outDim, bottleneckDim),
  };
}

/** All parameters of one network (`backbone.…`, `head.…`). */
export const networkParameters = (network: NetworkSpec): NamedSpecs => ({
  ...prefixed('backbone.', vitParameters(network.vit)),
  ...prefixed('head.', headParameters(network.head)),
});
