/** transformers' ResNet (modeling_resnet.py), which computes what torchvision's does. */
import type { ResNetSpec } from '../../method/backbones/resnet/spec.js';
import { featureDim } from '../../method/backbones/resnet/spec.js';
import { below } from '../../program/lookup.js';
import { huggingFaceResnetName } from '../../weights/dialects/huggingFaceResnet.js';
import type { Exported } from '../exportFormat.js';
import type { HuggingFaceModel } from './model.js';

export function huggingFaceResnet({ network }: Exported, resnet: ResNetSpec): HuggingFaceModel {
  const { block, layers, width, inChans } = resnet;
  const last = featureDim(resnet);
  const tensors = Object.entries(below(network.parameters, 'backbone.')).map(([name, tensor]) => [
    huggingFaceResnetName(name),
    tensor,
  ]);
  return {
    config: {
      architectures: ['ResNetModel'],
      model_type: 'resnet',
      num_channels: inChans,
      embedding_size: width,
      hidden_sizes: [last / 8, last / 4, last / 2, last],
      depths: layers,
      layer_type: block,
      hidden_act: 'relu',
      downsample_in_first_stage: false,
      downsample_in_bottleneck: false,
      dtype: 'float32',
    },
    tensors: Object.fromEntries(tensors),
    onnxOutputs: { activations: 'last_hidden_state', pooled: 'pooler_output' },
    notes: [],
    loading: '',
    feature: 'pooler_output.flatten(1)',
  };
}
