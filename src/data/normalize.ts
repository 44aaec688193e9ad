import { bytesAt, kernels, layOut } from './pixelKernels.js';

/** ImageNet's statistics, which the original normalizes with: `ToTensor` then `Normalize`, in float32. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

const GRAY_MEAN = average(MEAN);
const GRAY_STD = average(STD);

/** What each channel is normalized by: RGB by ImageNet's statistics, others by their averages. */
export const statisticsOf = (
  channels: number,
): { readonly mean: readonly number[]; readonly std: readonly number[] } =>
  channels === 3
    ? { mean: MEAN, std: STD }
    : { mean: Array<number>(channels).fill(GRAY_MEAN), std: Array<number>(channels).fill(GRAY_STD) };

/**
 * @param pixels [area, channels] 8-bit, channels 1 or 3; gray ones are normalized by the mean of the channels' statistics
 * @param into receives [channels, area] from `offset` on
 */
export function normalize(
  pixels: Uint8ClampedArray,
  channels: number,
  area: number,
  into: Float32Array,
  offset: number,
): void {
  const [from, to] = layOut(area * channels, area * Float32Array.BYTES_PER_ELEMENT);
  bytesAt(from, area * channels).set(pixels.subarray(0, area * channels));
  const plane = new Float32Array(kernels.memory.buffer, to, area);
  const { mean, std } = statisticsOf(channels);
  for (let channel = 0; channel < channels; channel++) {
    kernels.normalizeChannel(from + channel, channels, area, mean[channel] as number, std[channel] as number, to);
    into.set(plane, offset + channel * area);
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
