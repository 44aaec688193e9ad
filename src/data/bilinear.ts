/** Bilinear interpolation without antialiasing, corners not aligned: PyTorch's `interpolate` and OpenCV's `resize`. */

export interface Planes {
  /** [planes, height, width] */
  readonly data: ArrayLike<number>;
  readonly planes: number;
  readonly height: number;
  readonly width: number;
}

interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Of `second`; `first` has the rest. */
  readonly weight: Float64Array;
}

/**
 * @param to the size of the result
 * @param step how far a pixel of the result is in pixels of the source; absent: the ratio of the sizes
 * @returns [planes, to.height, to.width], computed in float64
 */
export function interpolateBilinear(
  { data, planes, height, width }: Planes,
  to: { readonly height: number; readonly width: number },
  step: { readonly y: number; readonly x: number } = { y: height / to.height, x: width / to.width },
): Float32Array {
  const rows = tapsOf(height, to.height, step.y);
  const columns = tapsOf(width, to.width, step.x);
  const result = new Float32Array(planes * to.height * to.width);
  let out = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < to.height; row++) {
      const upper = (plane * height + (rows.first[row] as number)) * width;
      const lower = (plane * height + (rows.second[row] as number)) * width;
      const down = rows.weight[row] as number;
      for (let column = 0; column < to.width; column++) {
        const left = columns.first[column] as number;
        const right = columns.second[column] as number;
        const across = columns.weight[column] as number;
        const above = (1 - across) * (data[upper + left] as number) + across * (data[upper + right] as number);
        const below = (1 - across) * (data[lower + left] as number) + across * (data[lower + right] as number);
        result[out++] = (1 - down) * above + down * below;
      }
    }
  }
  return result;
}

function tapsOf(size: number, count: number, step: number): Taps {
  const taps = { first: new Int32Array(count), second: new Int32Array(count), weight: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    const place = Math.min(size - 1, Math.max(0, (i + 0.5) * step - 0.5));
    const first = Math.floor(place);
    taps.first[i] = first;
    taps.second[i] = Math.min(size - 1, first + 1);
    taps.weight[i] = place - first;
  }
  return taps;
}
