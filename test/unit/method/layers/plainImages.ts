/** Layers for images pixel by pixel, in float64: what the ops must agree with. */
import type { HostTensor } from '../../../../src/program/program.js';

/** [batch, channels, height, width], row-major. */
export interface Images {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
}

export interface Sliding {
  readonly stride: number;
  readonly pad: number;
}

export const imagesOf = ({ shape, data }: Pick<HostTensor, 'shape' | 'data'>): Images => ({
  shape: shape as unknown as Images['shape'],
  data: Float64Array.from(data),
});

const zeros = (...shape: [number, number, number, number]): Images => ({
  shape,
  data: new Float64Array(shape.reduce((product, extent) => product * extent, 1)),
});

const place = ({ shape }: Images, b: number, c: number, y: number, x: number): number =>
  ((b * shape[1] + c) * shape[2] + y) * shape[3] + x;

const at = (images: Images, index: number): number => {
  const value = images.data[index];
  if (value === undefined) throw new Error(`There is no pixel ${index} in [${images.shape}].`);
  return value;
};

const placesOf = (side: number, kernel: number, { stride, pad }: Sliding): number =>
  Math.floor((side + 2 * pad - kernel) / stride) + 1;

/** Calls `visit` for each pair of a place of the result and a pixel of its window. */
function slide(
  x: Images,
  kernel: number,
  sliding: Sliding,
  visit: (
    place: { row: number; column: number },
    pixel: { y: number; x: number },
    within: { y: number; x: number },
  ) => void,
): void {
  const [, , height, width] = x.shape;
  for (let row = 0; row < placesOf(height, kernel, sliding); row++) {
    for (let column = 0; column < placesOf(width, kernel, sliding); column++) {
      for (let dy = 0; dy < kernel; dy++) {
        for (let dx = 0; dx < kernel; dx++) {
          const pixel = { y: row * sliding.stride + dy - sliding.pad, x: column * sliding.stride + dx - sliding.pad };
          const isInside = pixel.y >= 0 && pixel.y < height && pixel.x >= 0 && pixel.x < width;
          if (isInside) visit({ row, column }, pixel, { y: dy, x: dx });
        }
      }
    }
  }
}

const resultOf = (x: Images, channels: number, kernel: number, sliding: Sliding): Images =>
  zeros(x.shape[0], channels, placesOf(x.shape[2], kernel, sliding), placesOf(x.shape[3], kernel, sliding));

/** Every term of a convolution, by the places of its three factors. */
function terms(
  x: Images,
  filter: Images,
  y: Images,
  sliding: Sliding,
  visit: (x: number, filter: number, y: number) => void,
) {
  const [outputs, channels, kernel] = filter.shape;
  slide(x, kernel, sliding, ({ row, column }, pixel, within) => {
    for (let b = 0; b < x.shape[0]; b++) {
      for (let o = 0; o < outputs; o++) {
        for (let c = 0; c < channels; c++) {
          visit(place(x, b, c, pixel.y, pixel.x), place(filter, o, c, within.y, within.x), place(y, b, o, row, column));
        }
      }
    }
  });
}

export function plainConvolution(x: Images, filter: Images, sliding: Sliding): Images {
  const y = resultOf(x, filter.shape[0], filter.shape[2], sliding);
  terms(x, filter, y, sliding, (i, j, k) => {
    y.data[k] = at(y, k) + at(x, i) * at(filter, j);
  });
  return y;
}

export function plainConvolutionGradients(x: Images, filter: Images, dy: Images, sliding: Sliding) {
  const [dx, dfilter] = [zeros(...x.shape), zeros(...filter.shape)];
  terms(x, filter, dy, sliding, (i, j, k) => {
    dx.data[i] = at(dx, i) + at(dy, k) * at(filter, j);
    dfilter.data[j] = at(dfilter, j) + at(dy, k) * at(x, i);
  });
  return { dx, dfilter };
}

/** Of 3 x 3 windows, stride 2, padding 1; of equal values the first counts. */
export function plainMaxPool(x: Images): { readonly y: Images; gradient(dy: Images): Images } {
  const y = resultOf(x, x.shape[1], 3, { stride: 2, pad: 1 });
  y.data.fill(Number.NEGATIVE_INFINITY);
  const places = new Map<number, number>();
  slide(x, 3, { stride: 2, pad: 1 }, ({ row, column }, pixel) => {
    for (let b = 0; b < x.shape[0]; b++) {
      for (let c = 0; c < x.shape[1]; c++) {
        const [i, k] = [place(x, b, c, pixel.y, pixel.x), place(y, b, c, row, column)];
        if (at(x, i) <= at(y, k)) continue;
        y.data[k] = at(x, i);
        places.set(k, i);
      }
    }
  });
  return {
    y,
    gradient: (dy) => {
      const dx = zeros(...x.shape);
      for (const [k, i] of places) dx.data[i] = at(dx, i) + at(dy, k);
      return dx;
    },
  };
}
