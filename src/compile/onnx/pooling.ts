/** Pooling for ONNX Runtime. */
import { sizeOf } from '../../program/program.js';
import type { KernelAttributes } from '../kernels.js';
import { type Emit, int, ints, text } from './writer.js';

const windowOf = ({ kernel, stride, pad }: KernelAttributes) => ({
  kernel_shape: ints([kernel, kernel]),
  strides: ints([stride, stride]),
  pads: ints([pad, pad, pad, pad]),
});

export const maxPooling: Emit = (writer, { input, output, attributes }) =>
  writer.add('MaxPool', input, output, windowOf(attributes));

/** Each gradient is added to where its maximum was: the runtime says where, counting through the whole tensor. */
export const maxPoolingGradient: Emit = (writer, { input, output, attributes, x, out }) => {
  const [images, , dy] = input as [string, string, string];
  const places = writer.fresh();
  writer.add('MaxPool', [images], [writer.fresh(), places], windowOf(attributes));
  const [flatPlaces, flatGradient] = [places, dy].map((name) =>
    writer.value('Reshape', [name, writer.integers([-1])]),
  ) as [string, string];
  const zeros = writer.fresh();
  writer.fill(zeros, { shape: [sizeOf(x.shape)], type: 'float32' }, 0);
  const scattered = writer.value('ScatterElements', [zeros, flatPlaces, flatGradient], {
    axis: int(0),
    reduction: text('add'),
  });
  writer.add('Reshape', [scattered, writer.integers(out.shape)], output);
};
