import * as tf from '@tensorflow/tfjs-core';
// Without it tfjs knows no gradient.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type { NamedTensors } from '../program/program.js';
import type { Loss } from './method.js';

export interface LossAndGradients {
  readonly loss: tf.Scalar;
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** By the names of the parameters. */
  readonly gradients: NamedTensors;
  /** The buffers that the passes have moved. */
  readonly moved: NamedTensors;
}

/** The loss at these parameters and its gradients. */
export function lossGradients(
  parameters: NamedTensors,
  compute: (parameters: NamedTensors) => { readonly loss: Loss; readonly moved: NamedTensors },
): LossAndGradients {
  const names = Object.keys(parameters);
  let parts: Readonly<Record<string, tf.Scalar>> = {};
  let moved: NamedTensors = {};
  const { value, grads } = tf.valueAndGrads((...tensors) => {
    const computed = compute(Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor])));
    parts = kept(computed.loss.parts ?? {});
    moved = kept(computed.moved);
    return computed.loss.total;
  })(Object.values(parameters));
  return {
    loss: value as tf.Scalar,
    parts: released(parts),
    gradients: Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])),
    moved: released(moved),
  };
}

/** tfjs disposes all that the forward pass does not return, but for what is kept. */
const kept = <T extends tf.Tensor>(tensors: Readonly<Record<string, T>>): Readonly<Record<string, T>> => {
  for (const tensor of Object.values(tensors)) tf.keep(tensor);
  return tensors;
};

/** The same values, in the care of the caller's tidy. */
const released = <T extends tf.Tensor>(tensors: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const copy = tf.clone(tensor);
      tensor.dispose();
      return [name, copy];
    }),
  );
