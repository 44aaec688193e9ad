/** Masks of images from the attention of the CLS token in the last block, one a head. */
import { attentionMask } from '../../attention/attentionMask.js';
import { attentionOf } from '../../attention/queriesAndKeys.js';
import type { Image } from '../../data/image.js';
import { queriesAndKeysProgram } from '../../method/backbones/vit/programs.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import type { Computing } from '../evaluation.js';
import { resizeNearest, type Size } from '../nearest.js';
import { normalizedPlanes, thumbnail } from '../preparedImage.js';
import { requireVit } from '../requireVit.js';
import { floatsOf, SizedNetwork } from '../sizedNetwork.js';
import { best, jaccard, overlapOf } from './jaccard.js';
import type { LabelImage } from './labelImage.js';
import { crop, croppedSize, perPixel } from './masks.js';

interface SegmentOptions {
  /** The share of the attention that a mask holds. */
  readonly keep: number;
  /** Images are reduced so that no side is longer: what a network attends to grows with the square of the patches. */
  readonly longest: number;
}

export interface Segmented {
  /** Of each head, in the size of the image: 1 where the object is. What was cut off at the right and the bottom is 0. */
  readonly masks: readonly Uint8Array[];
  /** As the network saw it: reduced, and cut to whole patches. */
  readonly seen: Size;
  readonly scores?: SegmentScores;
}

interface SegmentScores {
  /** Of each head, in the size that the network saw; void is background. */
  readonly jaccard: readonly number[];
  /** The same, void left out. */
  readonly withoutVoid: readonly number[];
  /** Of each head: the share of its mask that is object, and the share of the object that it masks; where there is either. */
  readonly precision: readonly (number | undefined)[];
  readonly recall: readonly (number | undefined)[];
  readonly bestHead: number;
}

export class Segmenter {
  readonly #network: SizedNetwork;
  readonly #vit: VitSpec;

  /** @throws Error with one sentence for a network without attention */
  constructor(
    { engine, network }: Pick<Computing, 'engine' | 'network'>,
    private readonly options: SegmentOptions,
  ) {
    const vit = requireVit(network, 'attention');
    this.#vit = vit;
    this.#network = new SizedNetwork(engine, network, (_, size) => queriesAndKeysProgram(vit, size));
  }

  get heads(): number {
    return this.#vit.numHeads;
  }

  /** @param truth of the image's size @throws TooSmallError */
  async segment(image: Image, truth?: LabelImage): Promise<Segmented> {
    const reduced = thumbnail(image, this.options.longest, 'bilinear');
    const seen = croppedSize(reduced, this.#vit.patchSize);
    const patchMasks = await this.#masksOf({
      ...seen,
      channels: image.channels,
      data: crop(reduced.data, reduced, seen, image.channels),
    });
    const masks = patchMasks.map((mask) => resizeNearest(padded(mask, seen, reduced), reduced, image));
    if (truth === undefined) return { masks, seen };
    const known = crop(resizeNearest(truth.labels, truth, reduced), reduced, seen);
    const overlaps = patchMasks.map((mask) => overlapOf(mask, known));
    const values = overlaps.map(({ jaccard }) => jaccard);
    const scores = {
      ...{ jaccard: values, withoutVoid: patchMasks.map((mask) => jaccard(mask, known, true)), bestHead: best(values) },
      ...{ precision: overlaps.map(({ precision }) => precision), recall: overlaps.map(({ recall }) => recall) },
    };
    return { masks, seen, scores };
  }

  dispose(): Promise<void> {
    return this.#network.dispose();
  }

  async #masksOf(image: Image): Promise<Uint8Array[]> {
    const { depth, numHeads, patchSize, registers } = this.#vit;
    const outputs = await this.#network.run(normalizedPlanes(image));
    const grid = { rows: image.height / patchSize, columns: image.width / patchSize };
    const [queries, keys] = [floatsOf(outputs, `query.${depth - 1}`), floatsOf(outputs, `key.${depth - 1}`)];
    const attention = attentionOf({ heads: numHeads, ...grid, registers, queries, keys }, 'cls');
    const mask = attentionMask(attention, numHeads, this.options.keep);
    const patches = grid.rows * grid.columns;
    return Array.from({ length: numHeads }, (_, head) =>
      perPixel(mask.subarray(head * patches, (head + 1) * patches), grid, patchSize),
    );
  }
}

/** With 0 at the right and the bottom. */
function padded(mask: Uint8Array, from: Size, to: Size): Uint8Array {
  const result = new Uint8Array(to.width * to.height);
  for (let row = 0; row < from.height; row++)
    result.set(mask.subarray(row * from.width, (row + 1) * from.width), row * to.width);
  return result;
}
