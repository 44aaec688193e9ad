/** The frames and their masks as canvases: asked for when they are to be seen, a few ahead, and kept while there is room. */
import { decode } from 'fast-png';
import { LRUCache } from 'lru-cache';
import { errorMessage } from '../../src/errors/errorMessage.js';
import type { ShownImages } from '../../src/protocol/shownImages.js';
import type { Mask } from '../../src/protocol/videoPanel.js';
import { element } from '../shared/element.js';
import { canvasOf } from '../shared/paintPixels.js';
import { rgbOf } from '../shared/shownImages.js';
import { type LabelMask, maskPixels } from './maskPixels.js';

/** Frames of 1024 pixels take some 2 MB each. */
const KEPT = 120;
/** While it plays. */
const AHEAD = 6;

export class Film {
  readonly #frames = new LRUCache<number, Promise<HTMLCanvasElement>>({ max: KEPT });
  readonly #painted = new LRUCache<number, HTMLCanvasElement>({ max: KEPT });
  #masks = new Map<number, Mask>();
  #isOutlined = false;

  /** @param ask one frame @param count how many frames there are */
  constructor(
    private readonly ask: (place: number) => Promise<ShownImages>,
    private readonly count: () => number,
  ) {}

  /** @throws Error with one sentence */
  frame(place: number): Promise<HTMLCanvasElement> {
    for (let ahead = 1; ahead <= AHEAD && place + ahead < this.count(); ahead++)
      this.#wish(place + ahead).catch(() => undefined);
    return this.#wish(place);
  }

  /** Of a frame; undefined where it is not known yet. @param isOutlined as contrast themes have it */
  mask(place: number, isOutlined: boolean): HTMLCanvasElement | undefined {
    if (isOutlined !== this.#isOutlined) this.#painted.clear();
    this.#isOutlined = isOutlined;
    const kept = this.#painted.get(place);
    const mask = this.#masks.get(place);
    if (kept !== undefined || mask === undefined) return kept;
    const painted = paintedMask(labelsOf(mask), isOutlined);
    this.#painted.set(place, painted);
    return painted;
  }

  scores(place: number): Mask['scores'] {
    return this.#masks.get(place)?.scores;
  }

  put(mask: Mask): void {
    this.#masks.set(mask.index, mask);
    this.#painted.delete(mask.index);
  }

  get masks(): number {
    return this.#masks.size;
  }

  clearMasks(): void {
    this.#masks = new Map();
    this.#painted.clear();
  }

  /** It is another video. */
  clear(): void {
    this.#frames.clear();
    this.clearMasks();
  }

  #wish(place: number): Promise<HTMLCanvasElement> {
    const kept = this.#frames.get(place);
    if (kept !== undefined) return kept;
    const wished = this.ask(place).then(({ images: [image] }) => {
      if (image === undefined || typeof image === 'string') throw new Error(image ?? '');
      return canvasOf(rgbOf(image));
    });
    this.#frames.set(place, wished);
    // It is asked for again when it is to be seen again.
    wished.catch((error: unknown) => {
      console.warn(errorMessage(error));
      this.#frames.delete(place);
    });
    return wished;
  }
}

function labelsOf({ png }: Mask): LabelMask {
  const { width, height, data, palette = [] } = decode(new Uint8Array(png));
  return { width, height, labels: data, palette };
}

function paintedMask(mask: LabelMask, isOutlined: boolean): HTMLCanvasElement {
  const canvas = element('canvas', { width: `${mask.width}`, height: `${mask.height}`, 'aria-hidden': 'true' });
  const image = new ImageData(maskPixels(mask, isOutlined), mask.width, mask.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
