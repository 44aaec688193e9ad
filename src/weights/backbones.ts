/** Every kind of backbone that is read from files of weights. */
import { resnetBuffers } from '../method/backbones/resnet/parameters.js';
import { featureDim } from '../method/backbones/resnet/spec.js';
import { prefixed } from '../program/lookup.js';
import type { NamedSpecs } from '../program/program.js';
import { dinoResnet, FIRST_RESNET_TENSOR, type ResNetShape } from './dinoResnet.js';
import { dinoVit, FIRST_TENSOR, type VitShape } from './dinoVit.js';
import { findNetworks, type StoredNetwork } from './networks.js';
import type { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

/** All that weights tell of a backbone. */
export type BackboneShape = ({ readonly kind: 'vit' } & VitShape) | ({ readonly kind: 'resnet' } & ResNetShape);

interface StoredBackbone {
  readonly shape: BackboneShape;
  /** Width of the features. */
  readonly dim: number;
  /** `backbone.*` */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** `backbone.*`: the buffers that it has when it runs. */
  readonly buffers: NamedSpecs;
}

/** Reads backbones of one kind by one dialect: the names that somebody's code gave their tensors. */
export interface BackboneReader {
  /** For people: `Vision Transformer`. */
  readonly name: string;
  /** A tensor that each network of this kind has, by its name within the backbone. */
  readonly firstTensor: string;
  /** @throws Error with one sentence that names the file and the tensor */
  read(file: WeightsFile, network: StoredNetwork): StoredBackbone;
}

export const BACKBONE_READERS: readonly BackboneReader[] = [
  {
    name: 'Vision Transformer',
    firstTensor: FIRST_TENSOR,
    read: (file, network) => {
      const { shape, tensors } = dinoVit(file, network);
      return { shape: { kind: 'vit', ...shape }, dim: shape.embedDim, tensors, buffers: {} };
    },
  },
  {
    name: 'ResNet',
    firstTensor: FIRST_RESNET_TENSOR,
    read: (file, network) => {
      const { shape, tensors } = dinoResnet(file, network);
      const spec = { ...shape, imageSize: 0 };
      const buffers = prefixed('backbone.', resnetBuffers(spec));
      return { shape: { kind: 'resnet', ...shape }, dim: featureDim(spec), tensors, buffers };
    },
  },
];

/** All networks in a file, each with what reads it. */
export const networksOf = (
  root: unknown,
  readers = BACKBONE_READERS,
): (StoredNetwork & { readonly reader: BackboneReader })[] =>
  readers.flatMap((reader) => findNetworks(root, reader.firstTensor).map((network) => ({ ...network, reader })));
