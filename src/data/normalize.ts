/** ImageNet's statistics, which the original normalises with: `ToTensor` then `Normalize`, in float32. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** Normalised value of each 8-bit level, [3, 256]; for gray pictures the mean of the channels' statistics. */
const RGB_LEVELS = Float32Array.from([0, 1, 2].flatMap((channel) => levels(MEAN[channel] ?? 0, STD[channel] ?? 1)));
const GRAY_LEVELS = Float32Array.from(levels(average(MEAN), average(STD)));

/**
 * @param pixels [area, channels] 8-bit, channels 1 or 3
 * @param into receives [channels, area] from `offset` on
 */
export function normalize(
  pixels: Uint8ClampedArray,
  channels: number,
  area: number,
  into: Float32Array,
  offset: number,
): void {
  const table = channels === 3 ? RGB_LEVELS : GRAY_LEVELS;
  for (let channel = 0; channel < channels; channel++) {
    const plane = offset + channel * area;
    const level = channel * 256;
    for (let at = 0, from = channel; at < area; at++, from += channels) {
      into[plane + at] = table[level + (pixels[from] as number)] as number;
    }
  }
}

function levels(mean: number, std: number): number[] {
  return Array.from({ length: 256 }, (_, level) => {
    const share = Math.fround(level / 255);
    return Math.fround(Math.fround(share - Math.fround(mean)) / Math.fround(std));
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
