/** What every backbone is to the methods, the engines and the evaluations. */
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Parameters } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Initial } from './initial.js';

/** A network from images [batch, channels, height, width] to features. Its parameters have the names and the order of the original. */
export interface Backbone {
  /** Width of the features. */
  readonly dim: number;
  /** Side in pixels of the images that it is made for. */
  readonly imageSize: number;
  readonly inChans: number;
  /** How many numbers its last layer makes of such an image: of all tokens, or of the whole map. */
  readonly outputSize: number;
  readonly parameters: NamedSpecs;
  /** What the network keeps between steps besides its parameters: the running statistics of batch norm. */
  readonly buffers: NamedSpecs;
  /** How many residual blocks stochastic depth can drop; 0: the backbone has none of it. */
  readonly droppableBlocks: number;
  /** Layers that follow one another: its blocks (of a ResNet its stages), and what comes behind them, a head included. */
  readonly layers: number;
  /** How deep a parameter lies: 0 is what comes before the first block, `layers` what comes behind the last one. */
  layerOf(name: string): number;
  /** How a parameter or buffer starts. @throws Error for a name that it does not have */
  initial(name: string): Initial;
  /** @param get looks up parameters and buffers */
  forward(get: Parameters, images: Tensor4D, pass: Pass): Features;
  /** CLS and every patch after the final norm; absent: the backbone has no patches. */
  tokens?(get: Parameters, images: Tensor4D, pass: Pass): PatchFeatures;
}

export interface PatchFeatures {
  /** [batch, dim] */
  readonly cls: Tensor2D;
  /** [batch, patches, dim] */
  readonly patches: Tensor3D;
}

interface Features {
  /** The feature of each image, [batch, dim]. */
  readonly pooled: Tensor2D;
  /** The buffers that this pass has moved, by name: only in training. */
  readonly buffers?: NamedTensors;
}

/**
 * Stochastic depth as DINO has it: what each residual branch of each sample is multiplied by (0, or 1 / keep). [depth, 2, batch].
 */
export type DropPathScales = Tensor3D;

/**
 * Stochastic depth as DINOv2 has it (block.py, `drop_add_residual_stochastic_depth`): the samples that each residual branch is computed for,
 * a matrix that picks them, [depth, 2, kept, batch]: each row has a single 1. The branch is added times batch / kept.
 */
export type KeptSamples = Tensor4D;

/** How a network is run. */
export interface Pass {
  /** Whether batch norm takes the statistics of the batch, and moves its running ones. */
  readonly isTraining: boolean;
  /** Devices that share the images evenly: batch norm's statistics are those of all. When left out: 1. */
  readonly replicas?: number;
  readonly dropPath?: DropPathScales | KeptSamples | undefined;
  /** Which patches are hidden behind `mask_token`, 1 or else 0, [batch, patches]; only for `tokens`. */
  readonly masks?: Tensor2D | undefined;
  /** Whether each block is a section for activation checkpointing. */
  readonly blocksAreSections?: boolean;
}

export const EVALUATION: Pass = { isTraining: false };
