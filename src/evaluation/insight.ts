/** What each kind of backbone shows of an image: a Vision Transformer its attention and patch features, a ResNet its last stage's activations. */
import type { PatchFeatures } from '../attention/patchFeatures.js';
import { CodedError } from '../errors/codedError.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import { activationsProgram } from '../method/backbones/resnet/programs.js';
import { featureDim, type ResNetSpec } from '../method/backbones/resnet/spec.js';
import { insideProgram } from '../method/backbones/vit/programs.js';
import type { VitSpec } from '../method/backbones/vit/spec.js';
import type { NamedHostTensors, Program } from '../program/program.js';
import type { ActivationsAnswer, AttentionAnswer, InsightAnswer, SeenImage } from '../protocol/worker.js';
import { counted } from '../text/counted.js';
import { fineResolution } from './fineResolution.js';
import { floatsOf } from './sizedNetwork.js';

/** What an answer says besides the image. */
export type OwnPart<A> = A extends SeenImage ? Omit<A, keyof SeenImage> : never;

export interface Insight {
  /** Images are cut to multiples of so many pixels. */
  readonly cell: number;
  /** @throws Error with one sentence that begins with the network's name, when it has no such block */
  requireBlock(name: string, block: number | undefined): void;
  /** Side in pixels at which to look at an image so that what is shown is fine and there soon. @param longerSide of the image */
  fineResolution(longerSide: number): number;
  /** For one image. @param side in pixels @throws Error when it would take for ever */
  program(side: number): Program;
  /** @param outputs the program's, for an image of this size */
  of(outputs: NamedHostTensors, size: SeenImage['seen'], block?: number): OwnPart<InsightAnswer>;
}

export function insightInto(backbone: BackboneSpec): Insight {
  switch (backbone.kind) {
    case 'vit':
      return attentionOfVit(backbone);
    case 'resnet':
      return activationsOfResnet(backbone);
  }
}

const attentionOfVit = (vit: VitSpec): Insight => ({
  cell: vit.patchSize,
  requireBlock(name, block = 0) {
    if (block >= vit.depth)
      throw new CodedError(
        `${name} has ${counted(vit.depth, 'block')}: there is no block ${block + 1}.`,
        'no-such-block',
      );
  },
  fineResolution: (longerSide) => fineResolution(vit, longerSide),
  program(side) {
    requirePatience(vit, side);
    return insideProgram(vit, { batch: 1, height: side, width: side });
  },
  of: (outputs, { width, height }, block = vit.depth - 1): OwnPart<AttentionAnswer> => ({
    kind: 'attention',
    block,
    blocks: vit.depth,
    heads: vit.numHeads,
    rows: height / vit.patchSize,
    columns: width / vit.patchSize,
    registers: vit.registers,
    queries: floatsOf(outputs, `query.${block}`),
    keys: floatsOf(outputs, `key.${block}`),
  }),
});

/** @param outputs of {@link insightInto}'s program, for an image of this size */
export const patchFeaturesOf = (
  vit: VitSpec,
  outputs: NamedHostTensors,
  { width, height }: SeenImage['seen'],
): PatchFeatures => ({
  rows: height / vit.patchSize,
  columns: width / vit.patchSize,
  dim: vit.embedDim,
  features: floatsOf(outputs, 'patches'),
});

const activationsOfResnet = (resnet: ResNetSpec): Insight => ({
  cell: 1,
  requireBlock() {},
  fineResolution: () => resnet.imageSize,
  program(side) {
    if (side > MOST_PIXELS)
      throw new Error(`A resolution of ${side} pixels is too high for a ResNet: the most is ${MOST_PIXELS}.`);
    return activationsProgram(resnet, { batch: 1, height: side, width: side });
  },
  of(outputs): OwnPart<ActivationsAnswer> {
    const [, , rows = 0, columns = 0] = outputs['activations']?.shape ?? [];
    return {
      kind: 'activations',
      channels: featureDim(resnet),
      rows,
      columns,
      activations: floatsOf(outputs, 'activations'),
    };
  },
});

/** Side. Here the first stage's results take 256 MB each. */
const MOST_PIXELS = 2048;

/** 1024 pixels with patches of 8. Time grows with the square of the patches: these take a ViT-B two minutes on two cores. */
const MOST_PATCHES = 2 ** 14;

function requirePatience(vit: VitSpec, side: number): void {
  const patches = (side / vit.patchSize) ** 2;
  if (patches > MOST_PATCHES)
    throw new Error(
      `At ${side} pixels with patches of ${vit.patchSize} there are ${patches} patches, more than the ${MOST_PATCHES} that a network can attend to in a reasonable time: choose a lower resolution.`,
    );
}
