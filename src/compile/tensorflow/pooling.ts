/** Pooling for TensorFlow. XLA pools without padding alone, so the images are padded before. */
import type { KernelAttributes } from '../kernels.js';
import { type Body, type Emit, INT32, typeOf } from './body.js';
import { channelsFirst, channelsLast } from './layout.js';
import type { TensorFlowAttributes } from './schema.js';

const T = typeOf('float32');
/** No number of float32 is less. */
const LEAST = -3.4028234663852886e38;

const windowOf = ({ kernel, stride }: KernelAttributes): TensorFlowAttributes => ({
  T,
  ksize: { ints: [1, kernel, kernel, 1] },
  strides: { ints: [1, stride, stride, 1] },
  padding: { string: 'VALID' },
  explicit_paddings: { ints: [] },
  data_format: { string: 'NHWC' },
});

/** Channels last, with `pad` pixels around that are never the largest. */
function padded(body: Body, images: string, pad: number): string {
  const last = channelsLast(body, images);
  const margins = body.constant([4, 2], Int32Array.of(0, 0, pad, pad, pad, pad, 0, 0));
  return pad === 0 ? last : body.add('PadV2', [last, margins, body.number(LEAST)], { T, Tpaddings: INT32 }, 'output');
}

export const maxPooling: Emit = (body, { input: [x], attributes }) => {
  const pooled = body.add('MaxPool', [padded(body, x as string, attributes.pad)], windowOf(attributes), 'output');
  return [channelsFirst(body, pooled)];
};

export const maxPoolingGradient: Emit = (body, { input: [x, y, dy], attributes, out }) => {
  const { pad } = attributes;
  const inputs = [padded(body, x as string, pad), channelsLast(body, y as string), channelsLast(body, dy as string)];
  const gradient = channelsFirst(body, body.add('MaxPoolGrad', inputs, windowOf(attributes), 'output'));
  const [begin, size] = [body.integers([0, 0, pad, pad]), body.integers(out.shape)];
  return [body.add('Slice', [gradient, begin, size], { T, Index: INT32 }, 'output')];
};
