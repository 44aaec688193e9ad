/** Images in their own shape: asked for when they are to be seen, a few at a time, and kept. */
import { errorMessage } from '../../src/errors/errorMessage.js';
import type { ShownImages as Answer, ShownImage } from '../../src/protocol/shownImages.js';
import { element } from './element.js';

/** So many are asked for at once: the first are there soon. */
const BATCH = 8;

export interface Arrived extends Omit<ShownImage, 'pixels'> {
  readonly canvas: HTMLCanvasElement;
}

export class ShownImages {
  #kept = new Map<number, Arrived | string>();
  #wished: number[] = [];
  #isAsking = false;

  /** @param ask for images by their places @param onArrived an image is there, or a sentence says why not */
  constructor(
    private readonly ask: (images: number[]) => Promise<Answer>,
    private readonly onArrived: (place: number, image: Arrived | string) => void,
  ) {}

  get(place: number): Arrived | string | undefined {
    return this.#kept.get(place);
  }

  /** What is shown is of other images. */
  clear(): void {
    this.#kept = new Map();
    this.#wished = [];
  }

  /** The newest wishes come first. */
  wish(places: readonly number[]): void {
    const missing = places.filter((place) => !this.#kept.has(place));
    this.#wished = [...missing, ...this.#wished.filter((place) => !missing.includes(place))];
    if (!this.#isAsking) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.#isAsking = true;
    while (this.#wished.length > 0) {
      const places = this.#wished.splice(0, BATCH);
      const into = this.#kept;
      const { images } = await this.ask(places).catch((error: unknown) => ({
        images: places.map(() => errorMessage(error)),
      }));
      if (into !== this.#kept) continue;
      places.forEach((place, at) => {
        const image = images[at];
        if (image === undefined) return;
        const arrived = typeof image === 'string' ? image : { ...image, canvas: canvasOf(image) };
        into.set(place, arrived);
        this.onArrived(place, arrived);
      });
    }
    this.#isAsking = false;
  }
}

/** @param image RGB, [height, width, 3] */
export function canvasOf({
  width,
  height,
  pixels,
}: {
  readonly width: number;
  readonly height: number;
  readonly pixels: ArrayBuffer;
}): HTMLCanvasElement {
  const canvas = element('canvas', { width: `${width}`, height: `${height}`, 'aria-hidden': 'true' });
  const image = new ImageData(width, height);
  const rgb = new Uint8Array(pixels);
  for (let at = 0; at < width * height; at++) {
    image.data.set(rgb.subarray(3 * at, 3 * at + 3), 4 * at);
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
