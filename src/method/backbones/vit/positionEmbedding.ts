import * as tf from '@tensorflow/tfjs-core';
import { patchesPerSide, type VitSpec } from './spec.js';

/** Keys' cubic convolution with a = -0.75, as PyTorch's bicubic interpolation weighs the four nearest samples. */
function cubicWeights(t: number): [number, number, number, number] {
  const a = -0.75;
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** [out, in] matrix that resamples a line of `size` samples to `out`, for a scale factor that PyTorch was given. */
function resamplingMatrix(size: number, out: number, scaleFactor: number): Float64Array {
  const matrix = new Float64Array(out * size);
  for (let row = 0; row < out; row++) {
    const position = (row + 0.5) / scaleFactor - 0.5;
    const floor = Math.floor(position);
    const weights = cubicWeights(position - floor);
    weights.forEach((weight, tap) => {
      const column = Math.min(Math.max(floor - 1 + tap, 0), size - 1);
      matrix[row * size + column] = (matrix[row * size + column] ?? 0) + weight;
    });
  }
  return matrix;
}

/**
 * The position embeddings of the patches for an image of `height` x `width` pixels, [1, N + 1, dim] -> [rows * columns, dim].
 *
 * As in vision_transformer.py, `interpolate_pos_encoding`: untouched when the token count matches and the image is square;
 * else bicubic, the sampling following the scale ((rows + .1) / sqrt N, (columns + .1) / sqrt N), not out / in. The weights
 * do not depend on the data, so the whole interpolation is one constant matrix.
 */
export function patchPositions(embedding: tf.Tensor3D, vit: VitSpec, height: number, width: number): tf.Tensor2D {
  const side = patchesPerSide(vit, vit.imageSize);
  const rows = patchesPerSide(vit, height);
  const columns = patchesPerSide(vit, width);
  const stored = tf.reshape(tf.slice(embedding, [0, 1, 0], [1, side * side, vit.embedDim]), [
    side * side,
    vit.embedDim,
  ]);
  if (rows * columns === side * side && height === width) return stored as tf.Tensor2D;

  const vertical = resamplingMatrix(side, rows, (rows + 0.1) / side);
  const horizontal = resamplingMatrix(side, columns, (columns + 0.1) / side);
  const weights = new Float32Array(rows * columns * side * side);
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          weights[at++] = (vertical[row * side + y] ?? 0) * (horizontal[column * side + x] ?? 0);
  return tf.matMul(tf.tensor2d(weights, [rows * columns, side * side]), stored as tf.Tensor2D);
}
