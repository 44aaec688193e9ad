/** Fine-tuning on labels: a linear classifier behind the backbone, and all of it is trained (DeiT's recipe, main.py; MAE's layer-wise decay). */
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { float32 } from '../../program/program.js';
import type { DropPathScales } from '../backbone.js';
import { type BackboneSpec, backboneOf } from '../backbones/index.js';
import { linearHead } from '../heads/linearHead.js';
import { crossEntropy, top1 } from '../losses/crossEntropy.js';
import { featureSpread } from '../losses/monitors.js';
import type { Method, MethodTypes } from '../method.js';
import { type Network, networkFrom } from '../network.js';
import { layerDecayGroups } from '../optimizers/layerDecay.js';

export interface ClassifierSpec {
  readonly backbone: BackboneSpec;
  /** Number of classes. */
  readonly labels: number;
}

export interface FinetuneSpec extends ClassifierSpec {
  /** Share of each target that is spread over all classes. */
  readonly smoothing: number;
  /** What the learning rate of a layer is, as a share of that of the layer above it. */
  readonly layerDecay: number;
  /** Whether the step takes stochastic depth's scales (`drop_path`). */
  readonly dropPath: boolean;
}

interface Finetune extends MethodTypes {
  readonly role: 'classifier';
  readonly inputs: {
    readonly images: Tensor4D;
    readonly targets: Tensor2D;
    readonly drop_path?: DropPathScales;
  };
  readonly memory: Record<never, never>;
  readonly targets: undefined;
}

/** `backbone.…`, and `head.weight` and `head.bias` behind it. */
export function classifier({ backbone, labels }: ClassifierSpec): Network {
  const built = backboneOf(backbone);
  return networkFrom(built, linearHead(built.dim, labels));
}

/**
 * Inputs: `images` [batch, C, H, W]; `targets` [batch, labels], 1 for the class of each, else 0; `drop_path` [depth, 2, batch] where
 * `dropPath` is set.
 * Measures: `train_top1`, percent of the images; `feature_std`, see {@link featureSpread} (of several devices the mean of each one's).
 */
export function finetune(spec: FinetuneSpec): Method<Finetune> {
  const { labels, smoothing, layerDecay, dropPath } = spec;
  const network = classifier(spec);
  const { inChans, imageSize, droppableBlocks } = network.backbone;
  return {
    name: 'finetune',
    identity: JSON.stringify(spec),
    roles: { classifier: { network, is: 'trained' } },
    memory: {},
    means: {},
    inputs: (batch) => ({
      images: float32(batch, inChans, imageSize, imageSize),
      targets: float32(batch, labels),
      ...(dropPath && { drop_path: float32(droppableBlocks, 2, batch) }),
    }),
    groups: { images: 1, targets: 1, ...(dropPath && { drop_path: droppableBlocks * 2 }) },
    parameterGroups: layerDecayGroups(network.backbone, layerDecay),
    scalars: [],

    targets: () => undefined,

    loss: ({ classifier }, { inputs: { images, targets, drop_path } }) => {
      const features = classifier.features(images, { dropPath: drop_path });
      const logits = classifier.project(features);
      const parts: Record<string, Scalar> = { train_top1: top1(logits, targets), feature_std: featureSpread(features) };
      return { total: crossEntropy(logits, targets, smoothing), parts };
    },

    remember: () => ({}),

    measures: () => ({}),
  };
}
