/** huggingface/transformers: its ResNet, which is torchvision's under other names. */
import type { ForeignNetwork } from './dialect.js';
import { resnetDialect } from './resnetDialect.js';

const STEM = /^embedder\.embedder\.(convolution|normalization)\./;
/** Of a block, its layers one behind the other, and the one beside them. */
const LAYER = /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(?:layer\.(\d)|shortcut)\.(convolution|normalization)\./;

export const huggingFaceResnet = resnetDialect({
  name: 'Hugging Face',
  firstTensor: 'embedder.embedder.convolution.weight',
  recognizes: (network) => {
    requireComputed(network);
    return true;
  },
  standardName: (name) => {
    const stem = STEM.exec(name);
    if (stem !== null) return `${stem[1] === 'convolution' ? 'conv1' : 'bn1'}.${name.slice(stem[0].length)}`;
    const layer = LAYER.exec(name);
    if (layer === null) return name;
    const [all, stage, block, place, kind] = layer;
    const isConvolution = kind === 'convolution';
    const own =
      place === undefined
        ? `downsample.${isConvolution ? 0 : 1}`
        : `${isConvolution ? 'conv' : 'bn'}${Number(place) + 1}`;
    return `layer${Number(stage) + 1}.${block}.${own}.${name.slice(all.length)}`;
  },
});

/** What its configuration may say, with the only value that this program computes. */
const MUST_BE = { hidden_act: 'relu', downsample_in_bottleneck: false, downsample_in_first_stage: false } as const;

function requireComputed({ config, file }: ForeignNetwork): void {
  for (const [key, only] of Object.entries(MUST_BE)) {
    const value = config?.[key];
    if (value === undefined || value === only) continue;
    throw new Error(
      `${file.path} is of another architecture: ${config?.path} says ${key} ${JSON.stringify(value)}, which this program does not compute.`,
    );
  }
}
