/** What is said of tensors that stand inside a network and are none of those that this program computes with. */
import { PickledObject } from '../pickle/values.js';
import type { WeightsFile } from '../weightsFile.js';

/** What people call the parts that other networks have. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)(?:ls\d?\.gamma|gamma_\d|lambda_?\d)$/, 'LayerScale'],
  [/(?:register_tokens|reg_token|storage_tokens)$/, 'register tokens'],
  [/(?:\.|_)(?:q|k)_norm\./, 'norms of queries and keys'],
  [/\.(?:attn|mlp)\.norm\./, 'another norm'],
  [/\.mlp\.w\d+\./, 'SwiGLU'],
  [/(?:^|\.)(?:dist_token|distillation_token)$/, "DeiT's distillation token"],
  [/(?:^|\.)fc_norm\./, 'a norm behind the pooling'],
  [/(?:^|\.)(?:norm_pre|pre_norm|ln_pre)\./, 'a norm before the blocks'],
  [/relative_position|rel_pos/, 'relative positions'],
  [/rope/, 'rotary positions'],
  [/lora_/, 'LoRA'],
  [/bias_mask$/, 'a mask of biases'],
  [/(?:^|\.)attn_pool\./, 'pooling by attention'],
];

/** So many tensors are named in one sentence. */
const MOST_NAMED = 3;

/** @param names within the file, one at least */
export function foreignParts({ path }: WeightsFile, names: readonly string[]): Error {
  // One of each kind says more than the same of each block.
  const kinds = new Map<string, string>();
  for (const name of [...names].reverse()) kinds.set(name.replace(/\d+/g, '#'), name);
  const shown = names.filter((name) => kinds.get(name.replace(/\d+/g, '#')) === name).slice(0, MOST_NAMED);
  const others = names.length - shown.length;
  const described = shown.map((name) => {
    const part = PARTS.find(([pattern]) => pattern.test(name))?.[1];
    return `${name}${part ? ` (${part})` : ''}`;
  });
  const list = `${described.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  return new Error(
    `${path} is of another architecture: it has ${list}, which this program does not support; without ${
      names.length > 1 ? 'them' : 'it'
    } the features would be wrong.`,
  );
}

/** @param name within the file */
export function noTensor({ path }: WeightsFile, name: string, value: unknown): Error {
  const maker = value instanceof PickledObject ? ` but what ${value.maker.name} makes` : '';
  return new Error(`${path} is of another architecture: it has ${name}, which is no tensor${maker}.`);
}
