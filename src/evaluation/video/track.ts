/** Labels of a sequence's first frame carried through the others: facebookresearch/dino's eval_video_segmentation.py. */
import { type Image, readImage } from '../../data/image.js';
import { tokensProgram } from '../../method/backbones/vit/programs.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import type { Computing } from '../evaluation.js';
import { resizeNearest, type Size } from '../nearest.js';
import { requireVit } from '../requireVit.js';
import { VOID } from '../segmentation/jaccard.js';
import {
  isBlackAndWhite,
  type LabelImage,
  readLabels,
  whiteAsObject,
  whiteIsObject,
} from '../segmentation/labelImage.js';
import { floatsOf, SizedNetwork } from '../sizedNetwork.js';
import type { Sequence } from './davisFolder.js';
import { frameInput, frameSize } from './frames.js';
import { maskOf, oneHot } from './labelMaps.js';
import { type Grid, LabelPropagation, type PropagationSettings } from './propagate.js';

interface Tracked {
  readonly size: Size;
  /** A label for each pixel of each frame; the first frame's are the annotation's. */
  readonly masks: readonly Uint8Array[];
  /** Of each annotation that there is. */
  readonly truths: readonly Uint8Array[];
}

export interface TrackedFrame {
  readonly size: Size;
  readonly labels: Uint8Array;
  /** Absent where the frame has no annotation. */
  readonly truth: Uint8Array | undefined;
}

/** Of the original script, in pixels. */
export const DAVIS_SHORT_SIDE = 480;

export interface TrackOptions extends PropagationSettings {
  /** In pixels. */
  readonly shortSide: number;
}

export class Tracker {
  readonly #network: SizedNetwork;
  readonly #vit: VitSpec;

  /** @throws Error with one sentence for a network without patches */
  constructor(
    private readonly by: Pick<Computing, 'engine' | 'network' | 'signal' | 'warn'>,
    private readonly options: TrackOptions,
  ) {
    const { network, engine } = by;
    const vit = requireVit(network, 'patches');
    this.#vit = vit;
    this.#network = new SizedNetwork(engine, network, (_, size) => tokensProgram(vit, size));
  }

  /**
   * Void pixels of the first annotation are background, and the annotation has the frame's size even where both are square, which the
   * original mixes up.
   * @throws Error with one sentence when a frame or an annotation cannot be read, or has another size than the first frame
   */
  async track(sequence: Sequence, onFrame: (frame: TrackedFrame) => void): Promise<Tracked> {
    const [first, ...others] = sequence.frames;
    if (first === undefined) throw new Error(`The sequence ${sequence.name} has no frames.`);
    const size = await this.#read(first);
    const annotations = await this.#annotations(sequence.annotations, size);
    const truths = annotations.map(({ labels }) => labels);
    const seen = frameSize(size, this.options.shortSide);
    const grid = this.#gridOf(seen);
    const labels = (truths[0] as Uint8Array).map((label) => (label === VOID ? 0 : label));
    const start = oneHot(resizeNearest(labels, size, { width: grid.columns, height: grid.rows }));
    const propagation = new LabelPropagation(grid, await this.#tokens(size, seen), start, this.options);
    const masks: Uint8Array[] = [];
    const add = (mask: Uint8Array): void => {
      onFrame({ size, labels: mask, truth: truths[masks.length] });
      masks.push(mask);
    };
    add(labels);
    for (const path of others) {
      this.by.signal.throwIfAborted();
      const frame = await this.#read(path);
      if (frame.width !== size.width || frame.height !== size.height)
        throw new Error(
          `The frame ${path} has ${frame.width} x ${frame.height} pixels, but the first of its sequence ${size.width} x ${size.height}.`,
        );
      const soft = propagation.next(await this.#tokens(frame, seen));
      add(maskOf(soft, grid, this.#vit.patchSize, size));
    }
    return { size, masks, truths };
  }

  dispose(): Promise<void> {
    return this.#network.dispose();
  }

  /** Where the first is black and white, all are, and white is the object. */
  async #annotations(paths: readonly string[], size: Size): Promise<LabelImage[]> {
    const masks: LabelImage[] = [];
    for (const path of paths) masks.push(await labelsOf(path, size));
    const [first] = masks;
    if (first === undefined || !isBlackAndWhite(first)) return masks;
    this.by.warn(whiteIsObject(paths[0] as string));
    return masks.map(whiteAsObject);
  }

  #read(path: string): Promise<Image> {
    return readImage(path, path, this.by.network.backbone.inChans);
  }

  /** What does not fill a patch is dropped. */
  #gridOf({ width, height }: Size): Grid {
    const { patchSize } = this.#vit;
    return { rows: Math.floor(height / patchSize), columns: Math.floor(width / patchSize) };
  }

  /** [patches, dim] of the last block, through the final norm. */
  async #tokens(frame: Image, seen: Size): Promise<Float32Array> {
    const data = frameInput(frame, seen);
    return floatsOf(await this.#network.run({ ...seen, data, planes: frame.channels }), 'patches');
  }
}

async function labelsOf(path: string, { width, height }: Size): Promise<LabelImage> {
  const annotation = await readLabels(path);
  if (annotation.width !== width || annotation.height !== height)
    throw new Error(
      `The annotation ${path} has ${annotation.width} x ${annotation.height} pixels, but its frame has ${width} x ${height}.`,
    );
  return annotation;
}
