/** Convolution without bias on images [batch, channels, height, width], as PyTorch's `Conv2d(bias=False)` computes it. */
import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';

/** Stride and zero padding in pixels, the same in both directions. */
export interface Sliding extends Readonly<Record<string, number>> {
  readonly stride: number;
  readonly pad: number;
}

/** Besides, the size of the image whose gradient is computed: a stride leaves it open. */
interface OfImage extends Sliding {
  readonly height: number;
  readonly width: number;
}

/** Besides, the side of the square kernel whose gradient is computed. */
interface OfKernel extends Sliding {
  readonly kernel: number;
}

/** tfjs's processor backend convolves images whose channels are last, with filters [height, width, in, out]. */
const channelsLast = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 2, 3, 1]);
const channelsFirst = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]);
const inputThenOutput = (filter: tf.Tensor4D): tf.Tensor4D => tf.transpose(filter, [2, 3, 1, 0]);

const convolve = composite<{ x: tf.Tensor4D; filter: tf.Tensor4D }, Sliding>(
  'Convolution',
  ({ x, filter }, { stride, pad }) => [
    channelsFirst(tf.conv2d(channelsLast(x), inputThenOutput(filter), stride, pad, 'NHWC', 1, 'floor')),
  ],
);

const inputGradient = composite<{ dy: tf.Tensor4D; filter: tf.Tensor4D }, OfImage>(
  'ConvolutionInputGradient',
  ({ dy, filter }, { stride, pad, height, width }) => {
    const shape: [number, number, number, number] = [dy.shape[0], height, width, filter.shape[1]];
    return [channelsFirst(tf.conv2dTranspose(channelsLast(dy), inputThenOutput(filter), shape, stride, pad, 'floor'))];
  },
);

const filterGradient = composite<{ x: tf.Tensor4D; dy: tf.Tensor4D }, OfKernel>(
  'ConvolutionFilterGradient',
  ({ x, dy }, { stride, pad, kernel }) => {
    const gradient: tf.Tensor4D = tf.engine().runKernel(
      'Conv2DBackpropFilter',
      { x: channelsLast(x), dy: channelsLast(dy) },
      {
        strides: [stride, stride],
        pad,
        dataFormat: 'NHWC',
        dimRoundingMode: 'floor',
        filterShape: [kernel, kernel, x.shape[1], dy.shape[1]],
      },
    );
    return [tf.transpose(gradient, [3, 2, 0, 1])];
  },
);

/**
 * x [batch, in, height, width], filter [out, in, kernel, kernel] ->
 * [batch, out, floor((height + 2 pad - kernel) / stride) + 1, floor((width + 2 pad - kernel) / stride) + 1].
 * @throws Error when the kernel is not square, the channels differ, the padding is not smaller than the kernel, or the image is
 *   smaller than the kernel
 */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, sliding: Sliding): tf.Tensor4D {
  requireConvolution(x.shape, filter.shape, sliding);
  const [, , height, width] = x.shape;
  const [, , kernel] = filter.shape;
  const { stride, pad } = sliding;
  const op = tf.customGrad((x, filter, save) => {
    const [image, weights] = [x as tf.Tensor4D, filter as tf.Tensor4D];
    (save as tf.GradSaveFunc)([image, weights]);
    return {
      value: only(convolve({ x: image, filter: weights }, { stride, pad })),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const gradient = dy as tf.Tensor4D;
        // As functions tfjs would call them only where they are wanted: the images themselves need no gradient.
        return [
          only(inputGradient({ dy: gradient, filter }, { stride, pad, height, width })),
          only(filterGradient({ x, dy: gradient }, { stride, pad, kernel })),
        ];
      },
    };
  });
  return op(x, filter) as tf.Tensor4D;
}

const only = (tensors: tf.Tensor[]): tf.Tensor4D => tensors[0] as tf.Tensor4D;

type Shape4D = readonly [number, number, number, number];

function requireConvolution(image: Shape4D, filter: Shape4D, { stride, pad }: Sliding): void {
  const [, channels, height, width] = image;
  const [, taken, kernel, kernelWidth] = filter;
  const refuse = (why: string): never => {
    throw new Error(`A convolution of [${image}] by [${filter}] with stride ${stride} and padding ${pad}: ${why}.`);
  };
  if (kernel !== kernelWidth) refuse('the kernel must be square');
  if (taken !== channels) refuse('the filter must take as many channels as the image has');
  if (!Number.isInteger(stride) || stride < 1) refuse('the stride must be a whole number from 1');
  if (!Number.isInteger(pad) || pad < 0 || pad >= kernel) refuse('the padding must be smaller than the kernel');
  if (Math.min(height, width) + 2 * pad < kernel) refuse('the image is smaller than the kernel');
}
