/** What transformers calls the tensors of its ViT, Dinov2 and Dinov2WithRegisters in files. */

const AROUND: Readonly<Record<string, string>> = {
  cls_token: 'embeddings.cls_token',
  pos_embed: 'embeddings.position_embeddings',
  mask_token: 'embeddings.mask_token',
  register_tokens: 'embeddings.register_tokens',
  'patch_embed.proj.weight': 'embeddings.patch_embeddings.projection.weight',
  'patch_embed.proj.bias': 'embeddings.patch_embeddings.projection.bias',
  'norm.weight': 'layernorm.weight',
  'norm.bias': 'layernorm.bias',
};

/**
 * @param standard the name of a tensor of dino and dinov2, other than queries, keys and values, which are three tensors there
 * @param isDinov2 whether it is of a Dinov2, whose blocks have other names than a ViT's
 */
export function huggingFaceName(standard: string, isDinov2: boolean): string {
  const [, block, rest = ''] = /^blocks\.(\d+)\.(.+)$/.exec(standard) ?? [];
  if (block === undefined) return AROUND[standard] ?? standard;
  return `encoder.layer.${block}.${isDinov2 ? dinov2Name(rest) : vitName(rest)}`;
}

/** The three that are one in the standard. @param kind weight or bias */
export const huggingFaceQkv = (block: string, kind: string): readonly [string, string, string] => [
  qkvPart(block, 'query', kind),
  qkvPart(block, 'key', kind),
  qkvPart(block, 'value', kind),
];

const qkvPart = (block: string, part: string, kind: string): string =>
  `encoder.layer.${block}.attention.attention.${part}.${kind}`;

const vitName = (name: string): string =>
  name
    .replace('attn.proj.', 'attention.output.dense.')
    .replace('norm1.', 'layernorm_before.')
    .replace('norm2.', 'layernorm_after.')
    .replace('mlp.fc1.', 'intermediate.dense.')
    .replace('mlp.fc2.', 'output.dense.');

const dinov2Name = (name: string): string =>
  name
    .replace('attn.proj.', 'attention.output.dense.')
    .replace(/^ls([12])\.gamma$/, 'layer_scale$1.lambda1')
    .replace('mlp.w12.', 'mlp.weights_in.')
    .replace('mlp.w3.', 'mlp.weights_out.');
