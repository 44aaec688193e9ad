/**
 * The names that somebody's code gives the tensors of a backbone, and what that code does with them that the tensors do not show.
 * The standard names are those of facebookresearch's dino and dinov2, and torchvision's for a ResNet.
 */
import type { ResNetSpec } from '../../method/backbones/resnet/spec.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import type { NamedSpecs } from '../../program/program.js';
import type { ModelConfig } from '../modelConfig.js';
import type { StoredNetwork } from '../networks.js';
import type { StoredTensor } from '../storedTensor.js';
import type { WeightsFile } from '../weightsFile.js';

/** All of a ViT that weights and their library tell: the number of heads may be missing. */
export type VitShape = Omit<VitSpec, 'numHeads'>;
/** All that weights tell of a ResNet: it takes images of any size. */
export type ResNetShape = Omit<ResNetSpec, 'imageSize'>;
export type BackboneShape = ({ readonly kind: 'vit' } & VitShape) | ({ readonly kind: 'resnet' } & ResNetShape);

/** A network in a file, as its dialect finds it. */
export interface ForeignNetwork extends StoredNetwork {
  readonly file: WeightsFile;
  /** What stands beside the file. */
  readonly config?: ModelConfig | undefined;
  /** Whether its `mask_token` is wanted, whatever the dialect makes of it. */
  readonly withMaskToken?: boolean | undefined;
}

export interface StoredBackbone {
  readonly shape: BackboneShape;
  /** Width of the features. */
  readonly dim: number;
  /** By their standard names, `backbone.*`. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** `backbone.*`: the buffers that it has when it runs. */
  readonly buffers: NamedSpecs;
  /** What the file calls its tensors, by their standard names. */
  readonly names: ReadonlyMap<string, string>;
  /** Attention heads, where the file or its library tells them. */
  readonly numHeads?: number | undefined;
  /** A clause that names the file beside it which says so, and how: nobody can know better. */
  readonly headsSaidBy?: string | undefined;
}

export interface Dialect {
  /** Whose names these are, for people: `timm`. */
  readonly name: string;
  /** What is read: `Vision Transformer`. */
  readonly kind: string;
  /** A tensor that each network has, by its name within the backbone. */
  readonly firstTensor: string;
  /** Whether a network with that tensor is of this dialect. Of those that say so the first in the list reads it. */
  recognizes(network: ForeignNetwork): boolean;
  /** The configuration of its library that stands beside the network, and is of it. */
  configOf?(network: Pick<ForeignNetwork, 'config' | 'file'>): ModelConfig | undefined;
  /** Whether it reads what says of nobody to be theirs: other libraries' networks then look the same. */
  readonly isLastResort?: true;
  /** @throws Error with one sentence that names the file and the tensors that do not fit */
  read(network: ForeignNetwork): StoredBackbone;
}
