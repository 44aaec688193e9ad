import * as tf from '@tensorflow/tfjs-core';
import { resamplingMatrix } from './positionResampling.js';
import { patchesPerSide, type VitSpec } from './spec.js';

/**
 * The position embeddings of the patches for an image of `height` x `width` pixels, [1, N (+ 1), dim] -> [rows * columns, dim].
 *
 * As in vision_transformer.py, `interpolate_pos_encoding`: untouched when the token count matches and the image is square; else resampled by
 * the network's rule. The weights do not depend on the data, so the whole interpolation is one constant matrix.
 */
export function patchPositions(embedding: tf.Tensor3D, vit: VitSpec, height: number, width: number): tf.Tensor2D {
  const side = patchesPerSide(vit, vit.imageSize);
  const rows = patchesPerSide(vit, height);
  const columns = patchesPerSide(vit, width);
  const first = vit.positions.ofCls ? 1 : 0;
  const stored: tf.Tensor2D = tf.reshape(tf.slice(embedding, [0, first, 0], [1, side * side, vit.embedDim]), [
    side * side,
    vit.embedDim,
  ]);
  if (rows * columns === side * side && height === width) return stored;

  const vertical = resamplingMatrix(vit.positions, side, rows);
  const horizontal = resamplingMatrix(vit.positions, side, columns);
  const weights = new Float32Array(rows * columns * side * side);
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          weights[at++] = (vertical[row * side + y] ?? 0) * (horizontal[column * side + x] ?? 0);
  return tf.matMul(tf.tensor2d(weights, [rows * columns, side * side]), stored);
}
