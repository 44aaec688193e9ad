import { float32 } from '../../program/program.js';
import type { Head } from '../head.js';
import { constant, normal } from '../initial.js';
import { linear } from '../layers/linear.js';

/** A linear classifier; it starts as timm's does, which DeiT trains. Features [rows, inDim] -> logits [rows, labels]. */
export const linearHead = (inDim: number, labels: number): Head => ({
  parameters: { weight: float32(labels, inDim), bias: float32(labels) },
  buffers: {},
  fixed: [],
  initial: (name) => (name === 'bias' ? constant(0) : normal(0.02)),
  forward: (get, features) => ({ outputs: linear(features, { weight: get('weight'), bias: get('bias') }) }),
});
