/** Pooling of images [batch, channels, height, width]. */
import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';

/** The square window's side, its stride, and the padding, which never is a maximum. */
interface Window extends Readonly<Record<string, number>> {
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

/** The one that ResNet has: PyTorch's `MaxPool2d(kernel_size=3, stride=2, padding=1)`. */
const WINDOW: Window = { kernel: 3, stride: 2, pad: 1 };

/** tfjs's processor backend pools images whose channels are last. */
const channelsLast = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 2, 3, 1]);
const channelsFirst = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]);

const largest = composite<{ x: tf.Tensor4D }, Window>('MaxPooling', ({ x }, { kernel, stride, pad }) => [
  channelsFirst(tf.maxPool(channelsLast(x), kernel, stride, pad, 'floor')),
]);

const largestGradient = composite<{ x: tf.Tensor4D; y: tf.Tensor4D; dy: tf.Tensor4D }, Window>(
  'MaxPoolingGradient',
  ({ x, y, dy }, { kernel, stride, pad }) => {
    const gradient: tf.Tensor4D = tf
      .engine()
      .runKernel(
        'MaxPoolGrad',
        { dy: channelsLast(dy), input: channelsLast(x), output: channelsLast(y) },
        { filterSize: kernel, strides: stride, pad, dimRoundingMode: 'floor' },
      );
    return [channelsFirst(gradient)];
  },
);

/**
 * The largest of each 3 x 3 window, stride 2, padding 1: [batch, channels, height, width] ->
 * [batch, channels, ceil(height / 2), ceil(width / 2)]. Of equal values the first in row-major order gets the gradient, as in PyTorch.
 */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  const op = tf.customGrad((x, save) => {
    const y = only(largest({ x: x as tf.Tensor4D }, WINDOW));
    (save as tf.GradSaveFunc)([x as tf.Tensor, y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, y] = saved as [tf.Tensor4D, tf.Tensor4D];
        return only(largestGradient({ x, y, dy: dy as tf.Tensor4D }, WINDOW));
      },
    };
  });
  return op(x) as tf.Tensor4D;
}

const only = (tensors: tf.Tensor[]): tf.Tensor4D => tensors[0] as tf.Tensor4D;

/** The mean of each channel: [batch, channels, height, width] -> [batch, channels]. */
export const globalAveragePool = (x: tf.Tensor4D): tf.Tensor2D => tf.mean(x, [2, 3]);
