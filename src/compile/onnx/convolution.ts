/**
 * Convolutions for ONNX Runtime, whose training ops are not part of its packages: their gradients are made of the ops that it has. Which of
 * several equal forms is the fastest was measured on processors, on the layers of ResNet-50 at 224 pixels.
 */
import { type Emit, int, ints, type Writer } from './writer.js';

const both = (value: number) => ints([value, value]);
const allSides = (pad: number) => ints([pad, pad, pad, pad]);

export const convolution: Emit = (writer, { node, input, output, attributes: { stride, pad } }) => {
  const kernel = shapeOf(node.inputs[1])[2];
  writer.add('Conv', input, output, { kernel_shape: both(kernel), strides: both(stride), pads: allSides(pad) });
};

/** Without a stride, a convolution by the filter turned around. */
export const convolutionInputGradient: Emit = (writer, { node, input, output, attributes }) => {
  const [dy, filter] = input as [string, string];
  const { stride, pad, height, width } = attributes;
  const [, , ...places] = shapeOf(node.inputs[0]);
  const [, , kernel] = shapeOf(node.inputs[1]);
  if (stride === 1) {
    const turned = kernel === 1 ? filter : turnAround(writer, filter);
    const swapped = writer.value('Transpose', [turned], { perm: ints([1, 0, 2, 3]) });
    const pads = allSides(kernel - 1 - pad);
    writer.add('Conv', [dy, swapped], output, { kernel_shape: both(kernel), strides: both(1), pads });
    return;
  }
  // What the last window does not reach.
  const rest = [height, width].map((side, i) => side + 2 * pad - ((places[i] as number) - 1) * stride - kernel);
  writer.add('ConvTranspose', [dy, filter], output, {
    kernel_shape: both(kernel),
    strides: both(stride),
    pads: allSides(pad),
    output_padding: ints(rest),
  });
};

function turnAround(writer: Writer, filter: string): string {
  const [last, beforeFirst] = [-1, Number.MIN_SAFE_INTEGER];
  const bounds = [[last, last], [beforeFirst, beforeFirst], [2, 3], [-1, -1]]; // biome-ignore format: a column each
  return writer.value('Slice', [filter, ...bounds.map((list) => writer.integers(list))]);
}

/** Up to so many channels of an image, its columns are too narrow for fast products of matrices. */
const FEW_CHANNELS = 15;

export const convolutionFilterGradient: Emit = (writer, call) => {
  const { kernel, stride } = call.attributes;
  const [, channels] = shapeOf(call.node.inputs[0]);
  const [, outputs, ...places] = shapeOf(call.node.inputs[1]);
  const isProduct = kernel === 1 && stride === 1;
  if (channels <= FEW_CHANNELS) byConvolution(writer, call);
  else if (isProduct && places[0] * places[1] >= Math.max(channels, outputs)) byProductOfEachImage(writer, call);
  else byProductOfEachPlace(writer, call);
};

/** The images are convolved by the gradients, channels taking the place of images and the stride that of the dilation. */
const byConvolution: Emit = (writer, { node, input, output, attributes: { kernel, stride, pad } }) => {
  const [images, gradients] = input.map((name) => writer.value('Transpose', [name], { perm: ints([1, 0, 2, 3]) }));
  const [, , height, width] = shapeOf(node.inputs[1]);
  const whole = writer.value('Conv', [images as string, gradients as string], {
    kernel_shape: ints([height, width]),
    dilations: both(stride),
    strides: both(1),
    pads: allSides(pad),
  });
  // Where the last window does not reach the border, the result has rows and columns too many.
  const bounds = [[0, 0], [kernel, kernel], [2, 3]].map((list) => writer.integers(list)); // biome-ignore format: a column each
  const cut = writer.value('Slice', [whole, ...bounds]);
  writer.add('Transpose', [cut], output, { perm: ints([1, 0, 2, 3]) });
};

/** Of a kernel of one pixel: the sum over the images of a product each, which needs nothing moved. */
const byProductOfEachImage: Emit = (writer, { node, input, output }) => {
  const [images, gradients] = input.map((name, i) => {
    const [batch, channels] = shapeOf(node.inputs[i]);
    return writer.value('Reshape', [name, writer.integers([batch, channels, -1])]);
  });
  const products = writer.fresh();
  writer.addContrib('FusedMatMul', [gradients as string, images as string], [products], { transB: int(1) });
  const sum = writer.value('ReduceSum', [products, writer.integers([0])], { keepdims: int(0) });
  writer.add('Reshape', [sum, writer.integers(shapeOf(node.outputs[0]))], output);
};

/** For each place of the kernel, the product of the gradients and of the pixels that this place meets. */
const byProductOfEachPlace: Emit = (writer, { node, input, output, attributes: { kernel, stride, pad } }) => {
  const [x, dy] = input as [string, string];
  const [, channels] = shapeOf(node.inputs[0]);
  const [, outputs, height, width] = shapeOf(node.inputs[1]);
  const gradients = writer.value('Reshape', [
    writer.value('Transpose', [dy], { perm: ints([1, 0, 2, 3]) }),
    writer.integers([outputs, -1]),
  ]);
  // Rows of an image lie together when its channels come last.
  const rows = writer.value('Transpose', [x], { perm: ints([0, 2, 3, 1]) });
  const padded = pad === 0 ? rows : writer.value('Pad', [rows, writer.integers([0, pad, pad, 0, 0, pad, pad, 0])]);
  const met = (y: number, x: number): string => {
    const ends = [y + (height - 1) * stride + 1, x + (width - 1) * stride + 1];
    const bounds = [[y, x], ends, [1, 2], [stride, stride]].map((list) => writer.integers(list));
    return writer.value('Slice', [padded, ...bounds]);
  };
  const products = Array.from({ length: kernel ** 2 }, (_, place) => {
    const pixels = kernel === 1 && stride === 1 ? padded : met(Math.floor(place / kernel), place % kernel);
    const product = writer.value('Gemm', [
      gradients,
      writer.value('Reshape', [pixels, writer.integers([-1, channels])]),
    ]);
    return writer.value('Reshape', [product, writer.integers([outputs, channels, 1])]);
  });
  const all = writer.value('Concat', products, { axis: int(2) });
  writer.add('Reshape', [all, writer.integers(shapeOf(node.outputs[0]))], output);
};

type Shape4D = readonly [number, number, number, number];

const shapeOf = (value: { readonly shape: readonly number[] } | undefined): Shape4D => {
  if (value?.shape.length !== 4) throw new Error('A convolution takes images [batch, channels, height, width].');
  return value.shape as unknown as Shape4D;
};
