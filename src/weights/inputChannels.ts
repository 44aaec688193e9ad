/** Weights of a network for color images, made to take images of another number of channels. */
import type { HostTensor, TensorSpec } from '../program/program.js';
import { counted } from '../text/counted.js';

const RGB = 3;
/** The layers that see the channels of an image: a ViT's and a ResNet's. */
const FIRST_LAYERS: readonly string[] = ['backbone.patch_embed.proj.weight', 'backbone.conv1.weight'];

export const seesChannels = (name: string): boolean => FIRST_LAYERS.includes(name);

/** What {@link forChannels} does, for a record. */
export const channelsRule = (channels: number): string =>
  channels === 1
    ? 'the sum of the weights for red, green and blue'
    : `the weights for red, green and blue in turn, times 3/${channels}`;

/** @throws Error when there are not three channels to start from; the end of a sentence about a file */
export function specForChannels({ shape, dtype }: TensorSpec, channels: number): TensorSpec {
  const [out = 0, from = 0, ...kernel] = shape;
  if (from !== RGB)
    throw new Error(
      `takes images of ${counted(from, 'channel')}: weights for ${channels} are made from those for 3 (RGB)`,
    );
  return { shape: [out, channels, ...kernel], dtype };
}

/**
 * The weights for that many channels, by the rule of timm (`adapt_input_conv`): the three in turn, scaled by 3 / channels; for one channel
 * their sum. An image whose channels are all equal then gives the same response where their number is 1 or a multiple of 3, and nearly the
 * same elsewhere.
 * @param weights [out, 3, ...kernel]
 * @returns [out, channels, ...kernel]
 * @throws as {@link specForChannels}
 */
export function forChannels(weights: HostTensor, channels: number): HostTensor {
  const spec = specForChannels(weights, channels);
  const [out = 0] = weights.shape;
  const area = weights.data.length / (out * RGB);
  const data = new Float32Array(out * channels * area);
  const of = (row: number, channel: number, place: number) =>
    weights.data[(row * RGB + channel) * area + place] as number;
  const scale = Math.fround(RGB / channels);
  for (let row = 0; row < out; row++)
    for (let channel = 0; channel < channels; channel++)
      for (let place = 0; place < area; place++)
        data[(row * channels + channel) * area + place] =
          channels === 1
            ? Math.fround(of(row, 0, place) + of(row, 1, place)) + of(row, 2, place)
            : of(row, channel % RGB, place) * scale;
  return { ...spec, data };
}
