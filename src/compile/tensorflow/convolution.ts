/** Convolutions for TensorFlow, whose kernels for processors take images with channels last and filters [height, width, in, out]. */
import type { Value } from '../graph.js';
import type { KernelAttributes } from '../kernels.js';
import { type Emit, typeOf } from './body.js';
import { channelsFirst, channelsLast } from './layout.js';
import type { TensorFlowAttributes } from './schema.js';

const FLOAT32 = typeOf('float32');
/** [out, in, height, width] -> [height, width, in, out], and back. */
const TO_INPUT_THEN_OUTPUT = [2, 3, 1, 0];
const TO_OUTPUT_THEN_INPUT = [3, 2, 0, 1];

const slidingOf = ({ stride, pad }: KernelAttributes): TensorFlowAttributes => ({
  strides: { ints: [1, stride, stride, 1] },
  dilations: { ints: [1, 1, 1, 1] },
  data_format: { string: 'NHWC' },
  use_cudnn_on_gpu: { bool: true },
  padding: { string: pad === 0 ? 'VALID' : 'EXPLICIT' },
  explicit_paddings: { ints: pad === 0 ? [] : [0, 0, pad, pad, pad, pad, 0, 0] },
});

export const convolution: Emit = (body, { input: [x, filter], attributes }) => {
  const factors = [channelsLast(body, x as string), body.transpose(filter as string, TO_INPUT_THEN_OUTPUT, FLOAT32)];
  return [channelsFirst(body, body.product('Conv2D', factors, slidingOf(attributes), 'output'))];
};

export const convolutionInputGradient: Emit = (body, { input: [dy, filter], attributes, out }) => {
  const factors = [body.transpose(filter as string, TO_INPUT_THEN_OUTPUT, FLOAT32), channelsLast(body, dy as string)];
  const sizes = body.integers(moved(out, [0, 2, 3, 1]));
  const gradient = body.product('Conv2DBackpropInput', factors, slidingOf(attributes), 'output', (factors) => [
    sizes,
    ...factors,
  ]);
  return [channelsFirst(body, gradient)];
};

export const convolutionFilterGradient: Emit = (body, { input: [x, dy], attributes, out }) => {
  const factors = [channelsLast(body, x as string), channelsLast(body, dy as string)];
  const sizes = body.integers(moved(out, TO_INPUT_THEN_OUTPUT));
  const gradient = body.product('Conv2DBackpropFilter', factors, slidingOf(attributes), 'output', ([x, dy]) => [
    x as string,
    sizes,
    dy as string,
  ]);
  return [body.transpose(gradient, TO_OUTPUT_THEN_INPUT, FLOAT32)];
};

const moved = ({ shape }: Value, perm: readonly number[]): number[] => perm.map((axis) => shape[axis] as number);
