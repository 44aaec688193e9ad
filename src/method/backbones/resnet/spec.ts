/** The shapes of torchvision's ResNets (resnet.py; He et al. 2015, arXiv 1512.03385). */

export interface ResNetSpec {
  /** `basic`: two convolutions of 3 x 3 (ResNet-18, 34); `bottleneck`: 1 x 1, 3 x 3, 1 x 1 (ResNet-50 and above). */
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of each of the four stages, e.g. 3, 4, 6, 3 for ResNet-50. */
  readonly layers: readonly [number, number, number, number];
  /** Channels of the stem and of the first stage's 3 x 3 convolutions: 64 in torchvision's. */
  readonly width: number;
  readonly inChans: number;
  /** Side in pixels of the images that it is trained on; it takes others as they are. */
  readonly imageSize: number;
}

/** A convolution and the batch norm behind it, by their names within a block (`conv1`, `bn1`). */
export interface NormedConvolution {
  readonly name: string;
  readonly norm: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
}

export interface ResidualBlock {
  /** E.g. `layer1.0`. */
  readonly name: string;
  readonly branch: readonly NormedConvolution[];
  /** What the block's input goes through where its shape is not that of the branch's result. */
  readonly shortcut: NormedConvolution | undefined;
}

/** Times `width`: how many channels a block of either kind gives in the first stage. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;
const STAGES = 4;

/** The channels of the last stage, which are the features. */
export const featureDim = ({ block, width }: ResNetSpec): number => width * 2 ** (STAGES - 1) * EXPANSION[block];

export const stemOf = ({ inChans, width }: ResNetSpec): NormedConvolution => ({
  name: 'conv1',
  norm: 'bn1',
  inChannels: inChans,
  outChannels: width,
  kernel: 7,
  stride: 2,
});

/** The blocks of all stages, one after the other. From the second on, a stage halves the sides and doubles the channels. */
export function blocksOf(spec: ResNetSpec): ResidualBlock[] {
  let inChannels = spec.width;
  return spec.layers.flatMap((count, stage) =>
    Array.from({ length: count }, (_, index): ResidualBlock => {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const inner = spec.width * 2 ** stage;
      const outChannels = inner * EXPANSION[spec.block];
      const branch = branchOf(spec.block, { inChannels, inner, outChannels, stride });
      const isChanged = stride !== 1 || inChannels !== outChannels;
      const shortcut = { name: 'downsample.0', norm: 'downsample.1', inChannels, outChannels, kernel: 1, stride };
      inChannels = outChannels;
      return { name: `layer${stage + 1}.${index}`, branch, shortcut: isChanged ? shortcut : undefined };
    }),
  );
}

interface BlockSizes {
  readonly inChannels: number;
  readonly inner: number;
  readonly outChannels: number;
  readonly stride: number;
}

/** The stride is the 3 x 3 convolution's (torchvision's version 1.5), the first one's of two. */
function branchOf(block: ResNetSpec['block'], { inChannels, inner, outChannels, stride }: BlockSizes) {
  const numbered = (number: number, rest: Omit<NormedConvolution, 'name' | 'norm'>): NormedConvolution => ({
    name: `conv${number}`,
    norm: `bn${number}`,
    ...rest,
  });
  return block === 'basic'
    ? [
        numbered(1, { inChannels, outChannels: inner, kernel: 3, stride }),
        numbered(2, { inChannels: inner, outChannels, kernel: 3, stride: 1 }),
      ]
    : [
        numbered(1, { inChannels, outChannels: inner, kernel: 1, stride: 1 }),
        numbered(2, { inChannels: inner, outChannels: inner, kernel: 3, stride }),
        numbered(3, { inChannels: inner, outChannels, kernel: 1, stride: 1 }),
      ];
}
