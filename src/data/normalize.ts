import { bytesAt, kernels, layOut } from './pixelKernels.js';

/** ImageNet's statistics, which the original normalizes with: `ToTensor` then `Normalize`, in float32. */
export const MEAN = [0.485, 0.456, 0.406];
export const STD = [0.229, 0.224, 0.225];

const GRAY_MEAN = average(MEAN);
const GRAY_STD = average(STD);

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
  for (let channel = 0; channel < channels; channel++) {
    const mean = channels === 3 ? (MEAN[channel] as number) : GRAY_MEAN;
    const std = channels === 3 ? (STD[channel] as number) : GRAY_STD;
    kernels.normalizeChannel(from + channel, channels, area, mean, std, to);
    into.set(plane, offset + channel * area);
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
