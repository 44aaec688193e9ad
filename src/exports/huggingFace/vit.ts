/** transformers' ViT, Dinov2 and Dinov2WithRegisters (modeling_vit.py, modeling_dinov2.py, modeling_dinov2_with_registers.py). */
import { withClsPosition } from '../../method/backbones/vit/clsPosition.js';
import { ANTIALIASED_POSITIONS, fusedSwigluDim, UNSHIFTED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import { below } from '../../program/lookup.js';
import type { HostTensor, NamedHostTensors } from '../../program/program.js';
import { huggingFaceName, huggingFaceQkv } from '../../weights/dialects/huggingFaceNames.js';
import { type Exported, inexpressible } from '../exportFormat.js';
import { positionNote } from '../positionNote.js';
import type { HuggingFaceModel } from './model.js';

export function huggingFaceVit(exported: Exported, vit: VitSpec): HuggingFaceModel {
  const kind = kindOf(exported, vit);
  const { projBias, mlpBias, registers } = vit;
  if (!projBias || !mlpBias) throw refuse(exported, `${projBias ? 'its MLPs' : 'its projections'} have no biases`);
  const rule = kind.type === 'dinov2_with_registers' ? ANTIALIASED_POSITIONS : UNSHIFTED_POSITIONS;
  return {
    config: {
      architectures: [kind.class],
      model_type: kind.type,
      image_size: vit.imageSize,
      patch_size: vit.patchSize,
      num_channels: vit.inChans,
      hidden_size: vit.embedDim,
      num_hidden_layers: vit.depth,
      num_attention_heads: vit.numHeads,
      hidden_act: 'gelu',
      layer_norm_eps: vit.normEps,
      qkv_bias: vit.qkvBias,
      ...(kind.type === 'vit' ? { intermediate_size: vit.mlp.hiddenDim } : dinov2Config(exported, vit)),
      ...(registers > 0 && { num_register_tokens: registers }),
      dtype: 'float32',
    },
    tensors: theirTensors(vit, kind, below(exported.network.parameters, 'backbone.')),
    onnxOutputs: { tokens: 'last_hidden_state' },
    notes: positionNote(exported, `transformers' ${kind.class}`, rule),
    // It would be random: no DINO network has one.
    loading: kind.type === 'vit' ? ', add_pooling_layer=False' : '',
    feature: 'last_hidden_state[:, 0]',
  };
}

interface Kind {
  readonly type: 'vit' | 'dinov2' | 'dinov2_with_registers';
  readonly class: string;
}

const refuse = (exported: Exported, what: string) => inexpressible(exported, 'transformers', what);

/** LayerScale and SwiGLU come with Dinov2 alone, registers with Dinov2WithRegisters alone, which has no network without LayerScale. */
function kindOf(exported: Exported, { registers, layerScale, mlp }: VitSpec): Kind {
  if (layerScale)
    return registers > 0
      ? { type: 'dinov2_with_registers', class: 'Dinov2WithRegistersModel' }
      : { type: 'dinov2', class: 'Dinov2Model' };
  if (registers > 0) throw refuse(exported, 'it has registers without LayerScale, and no model there has');
  if (mlp.kind === 'swiglu') throw refuse(exported, 'it has SwiGLU without LayerScale, and no model there has');
  return { type: 'vit', class: 'ViTModel' };
}

function dinov2Config(exported: Exported, vit: VitSpec): Readonly<Record<string, unknown>> {
  const { mlp, embedDim, registers, maskToken, start } = vit;
  const isGated = mlp.kind === 'swiglu';
  const ratio = Array.from({ length: LARGEST_RATIO }, (_, i) => i + 1).find((ratio) => {
    return mlp.hiddenDim === (isGated ? gatedDim(embedDim, ratio) : ratio * embedDim);
  });
  if (ratio === undefined)
    throw refuse(
      exported,
      `its MLPs are ${mlp.hiddenDim} wide, and those of Dinov2 ${isGated ? 'two thirds of ' : ''}a whole multiple of ${embedDim}`,
    );
  return {
    mlp_ratio: ratio,
    use_swiglu_ffn: isGated,
    layerscale_value: start.layerScale,
    // Dinov2WithRegisters always has one.
    ...(registers === 0 && { use_mask_token: maskToken }),
  };
}

const LARGEST_RATIO = 64;
const DINOV2_RATIO = 4;
/** Two thirds of a multiple of the width, up to a multiple of 8. */
const gatedDim = (embedDim: number, ratio: number): number => fusedSwigluDim((embedDim * ratio) / DINOV2_RATIO);

function theirTensors(vit: VitSpec, { type }: Kind, tensors: NamedHostTensors): NamedHostTensors {
  const renamed = Object.entries(tensors).flatMap(([name, tensor]): [string, HostTensor][] => {
    if (name === 'pos_embed') return [[huggingFaceName(name, type !== 'vit'), withClsPosition(vit, tensor)]];
    const [, block, kind] = /^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(name) ?? [];
    if (block === undefined || kind === undefined) return [[huggingFaceName(name, type !== 'vit'), tensor]];
    return huggingFaceQkv(block, kind).map((part, i) => [part, third(tensor, i, vit.embedDim)]);
  });
  // It is part of each Dinov2WithRegisters; no feature depends on it.
  const needsMask = type === 'dinov2_with_registers' && !vit.maskToken;
  return {
    ...Object.fromEntries(renamed),
    ...(needsMask && { [huggingFaceName('mask_token', true)]: zeros(1, vit.embedDim) }),
  };
}

function third({ shape: [, ...rest], dtype, data }: HostTensor, part: number, rows: number): HostTensor {
  const size = data.length / 3;
  return { shape: [rows, ...rest], dtype, data: data.subarray(part * size, (part + 1) * size) };
}

const zeros = (...shape: [number, number]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape[0] * shape[1]),
});
