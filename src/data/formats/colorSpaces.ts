/** Colors of other spaces in sRGB. Samples are 8-bit, `step` of them a pixel, the space's own first; the results are [pixels, 3]. */

type Convert = (samples: Uint8Array, from: number, data: Uint8Array | Uint8ClampedArray, to: number) => void;

function convertAll(samples: Uint8Array, step: number, data: Uint8Array | Uint8ClampedArray, convert: Convert): void {
  for (let from = 0, to = 0; from < samples.length; from += step, to += 3) convert(samples, from, data, to);
}

/** As Pillow does it, without a profile: what ink and black let through. To the bit. */
export function cmykToRgb(samples: Uint8Array, step: number): Uint8Array {
  const data = new Uint8Array((samples.length / step) * 3);
  convertAll(samples, step, data, (inks, from, rgb, to) => {
    const light = 255 - (inks[from + 3] as number);
    for (let color = 0; color < 3; color++) {
      const product = (inks[from + color] as number) * light + 128;
      rgb[to + color] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  });
  return data;
}

/** @param palette [entries, 3]; @throws Error for an index outside it */
export function paletteToRgb(samples: Uint8Array, step: number, palette: Uint8Array): Uint8Array {
  const data = new Uint8Array((samples.length / step) * 3);
  convertAll(samples, step, data, (indices, from, rgb, to) => {
    const entry = (indices[from] as number) * 3;
    if (entry >= palette.length) throw new Error('the file is damaged (a color outside its palette)');
    for (let color = 0; color < 3; color++) rgb[to + color] = palette[entry + color] as number;
  });
  return data;
}

/** ITU-R 601, as in JPEG. */
const COEFFICIENTS = [0.299, 0.587, 0.114];
const FULL_RANGE = [0, 255, 128, 255, 128, 255];

/**
 * @param coefficients the shares of red, green and blue in luma
 * @param range what stands for black and white in Y, and for none and most in Cb and Cr (TIFF's ReferenceBlackWhite)
 */
export function ycbcrToRgb(
  samples: Uint8Array,
  step: number,
  coefficients: readonly number[] = COEFFICIENTS,
  range: readonly number[] = FULL_RANGE,
): Uint8Array {
  const [red = 0, green = 0, blue = 0] = coefficients;
  const [blackY = 0, whiteY = 0, noneB = 0, mostB = 0, noneR = 0, mostR = 0] = range;
  if (green === 0 || whiteY === blackY || mostB === noneB || mostR === noneR) {
    throw new Error('the file is damaged (its YCbCr coefficients or range)');
  }
  const data = new Uint8ClampedArray((samples.length / step) * 3);
  convertAll(samples, step, data, (ycbcr, from, rgb, to) => {
    const y = (((ycbcr[from] as number) - blackY) * 255) / (whiteY - blackY);
    const cb = (((ycbcr[from + 1] as number) - noneB) * 127) / (mostB - noneB);
    const cr = (((ycbcr[from + 2] as number) - noneR) * 127) / (mostR - noneR);
    const r = y + cr * (2 - 2 * red);
    const b = y + cb * (2 - 2 * blue);
    rgb[to] = r;
    rgb[to + 1] = (y - red * r - blue * b) / green;
    rgb[to + 2] = b;
  });
  return new Uint8Array(data.buffer);
}

/** White of CIELAB in TIFF and ICC profiles: D50. */
const WHITE = [0.9642, 1, 0.8249] as const;
/** XYZ under D50 to linear sRGB: the inverse of sRGB's ICC primaries. */
const XYZ_TO_RGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

/** @param form of a and b: signed bytes (TIFF's CIELAB), or from 128 (ICC's) */
export function labToRgb(samples: Uint8Array, step: number, form: 'signed' | 'offset'): Uint8Array {
  const data = new Uint8ClampedArray((samples.length / step) * 3);
  const chroma = (byte: number): number => (form === 'offset' ? byte - 128 : (byte << 24) >> 24);
  convertAll(samples, step, data, (lab, from, rgb, to) => {
    const y = ((lab[from] as number) / 2.55 + 16) / 116;
    const x = y + chroma(lab[from + 1] as number) / 500;
    const z = y - chroma(lab[from + 2] as number) / 200;
    const [X, Y, Z] = [linear(x) * WHITE[0], linear(y) * WHITE[1], linear(z) * WHITE[2]];
    for (const [color, [ofX, ofY, ofZ]] of XYZ_TO_RGB.entries()) {
      rgb[to + color] = 255 * srgbCurve(ofX * X + ofY * Y + ofZ * Z);
    }
  });
  return new Uint8Array(data.buffer);
}

const linear = (value: number): number => (value > 6 / 29 ? value ** 3 : 3 * (6 / 29) ** 2 * (value - 4 / 29));

const srgbCurve = (light: number): number => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
