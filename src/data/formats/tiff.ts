/**
 * TIFF images: what the samples mean is read from the tags before they are used. Of several pages, the first. Values are Pillow's, to the
 * bit for gray, RGB, palettes and CMYK, within 3 for YCbCr and 5 for CIELAB; gray of 9 to 16 bits keeps its upper 8, where Pillow clips it
 * to white. Samples without a known range (floating-point, signed, 32 bits) are refused.
 */
import type { Image } from '../image.js';
import { overWhite } from './alpha.js';
import { cmykToRgb, labToRgb, paletteToRgb, ycbcrToRgb } from './colorSpaces.js';
import { turned } from './orientation.js';
import { unpackedLayout } from './tiffChunks.js';
import { Tag, TiffDirectory } from './tiffDirectory.js';
import { layoutOf, Photometric, type TiffLayout } from './tiffLayout.js';
import { readSamples } from './tiffSamples.js';

/** @throws Error with the reason when the file is truncated, damaged, unsupported or too large */
export async function decodeTiff(file: Buffer): Promise<Image> {
  const directory = new TiffDirectory(file);
  const inFile = layoutOf(directory);
  const layout = unpackedLayout(inFile);
  const { colors, alpha, width, height } = layout;
  const samples = await readSamples(file, directory, inFile, layout);
  const isGray = colors === 1 && layout.photometric !== Photometric.palette;
  const channels = isGray ? 1 : 3;
  let data = toColors(samples, directory, layout, colors + (alpha ? 1 : 0));
  if (alpha) data = overWhite(withAlpha(data, channels, samples, colors), channels, alpha.isAssociated);
  return turned({ width, height, channels, data }, layout.orientation);
}

/** Gray or RGB of each pixel; the samples of a pixel are its colors and perhaps alpha. */
function toColors(
  samples: Uint8Array,
  directory: TiffDirectory,
  { photometric, colors }: TiffLayout,
  step: number,
): Uint8Array {
  switch (photometric) {
    case Photometric.palette:
      return paletteToRgb(samples, step, paletteOf(directory));
    case Photometric.cmyk:
      return cmykToRgb(samples, step);
    case Photometric.ycbcr: {
      const coefficients = directory.numbers(Tag.YCbCrCoefficients);
      return ycbcrToRgb(samples, step, coefficients, directory.numbers(Tag.ReferenceBlackWhite));
    }
    case Photometric.cieLab:
      return labToRgb(samples, step, 'signed');
    case Photometric.iccLab:
      return labToRgb(samples, step, 'offset');
    default: {
      const data = step === colors ? samples : withoutAlpha(samples, colors);
      return photometric === Photometric.whiteIsZero ? data.map((value) => 255 - value) : data;
    }
  }
}

function withoutAlpha(samples: Uint8Array, colors: number): Uint8Array {
  const data = new Uint8Array((samples.length / (colors + 1)) * colors);
  for (let from = 0, to = 0; from < samples.length; from++) {
    for (let color = 0; color < colors; color++) data[to++] = samples[from++] as number;
  }
  return data;
}

/** Alpha is the last sample of each pixel. */
function withAlpha(data: Uint8Array, channels: number, samples: Uint8Array, colors: number): Uint8Array {
  const pixels = data.length / channels;
  const both = new Uint8Array(pixels * (channels + 1));
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) both[to++] = data[from++] as number;
    both[to++] = samples[pixel * (colors + 1) + colors] as number;
  }
  return both;
}

/** Colors of the palette, [entries, 3], from the map's 16 bits: all reds, all greens, all blues. */
function paletteOf(directory: TiffDirectory): Uint8Array {
  const map = directory.numbers(Tag.ColorMap) ?? [];
  const entries = Math.floor(map.length / 3);
  if (entries === 0) throw new Error('the file is damaged (it has no palette)');
  // Old writers put 8 bits there, as libtiff knows too.
  const shift = map.every((value) => value < 256) ? 0 : 8;
  const palette = new Uint8Array(entries * 3);
  for (let entry = 0; entry < entries; entry++) {
    for (let color = 0; color < 3; color++)
      palette[entry * 3 + color] = (map[color * entries + entry] as number) >> shift;
  }
  return palette;
}
