/** What images are compared by in the protocol of Oxford and Paris: facebookresearch/dino's eval_image_retrieval.py. */
import type { Planes } from '../../data/bilinear.js';
import type { Image } from '../../data/image.js';
import { featuresProgram } from '../../method/features.js';
import type { Computing } from '../evaluation.js';
import { normalizedPlanes, thumbnail } from '../preparedImage.js';
import { floatsOf, SizedNetwork } from '../sizedNetwork.js';
import { atScale, multiScaleDescriptor, SCALES } from './multiScale.js';

interface DescriptorOptions {
  /** Images are reduced so that no side is longer. */
  readonly longest: number;
  readonly scales: 'one' | 'several';
}

/** Of images in their own aspect ratio, one at a time. */
export class RetrievalDescriptors {
  readonly #network: SizedNetwork;
  readonly #least: number;

  constructor(
    { engine, network }: Pick<Computing, 'engine' | 'network'>,
    private readonly options: DescriptorOptions,
  ) {
    this.#network = new SizedNetwork(engine, network, featuresProgram);
    const { backbone } = network;
    this.#least = backbone.kind === 'vit' ? backbone.patchSize : 1;
  }

  /**
   * [dim], of length 1.
   * @throws Error with one sentence when it is smaller than a patch at the smallest scale
   */
  async of(image: Image, name: string): Promise<Float32Array> {
    const planes = normalizedPlanes(thumbnail(image, this.options.longest, 'lanczos'));
    const scales = this.options.scales === 'one' ? [1] : SCALES;
    this.#requirePatch(planes, Math.min(...scales), name);
    const features: Float32Array[] = [];
    for (const scale of scales) features.push(floatsOf(await this.#network.run(atScale(planes, scale)), 'cls'));
    return multiScaleDescriptor(features);
  }

  dispose(): Promise<void> {
    return this.#network.dispose();
  }

  #requirePatch({ width, height }: Planes, scale: number, name: string): void {
    if (Math.floor(Math.min(width, height) * scale) < this.#least)
      throw new Error(
        `The image ${name} has ${width} x ${height} pixels: at a scale of ${scale} that is less than a patch of ${this.#least} pixels.`,
      );
  }
}
