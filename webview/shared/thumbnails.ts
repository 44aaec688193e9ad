/** Small images, asked for when they are to be seen and kept for a while. */
import { errorMessage } from '../../src/errors/errorMessage.js';
import { canvasOf } from './paintPixels.js';

export const THUMBNAIL_SIDE = 64;

/** So many are asked for at once. */
const BATCH = 48;
const KEPT = 3000;

export type AskPixels = (
  images: number[],
) => Promise<{ readonly pixels: Uint8Array; readonly unreadable: readonly string[] }>;

export class Thumbnails {
  readonly #kept = new Map<number, HTMLCanvasElement>();
  /** By who wishes. */
  readonly #wishes = new Map<string, readonly number[]>();
  #isAsking = false;
  /** Another set of images makes what is under way worthless. */
  #generation = 0;

  constructor(
    private readonly ask: AskPixels,
    private readonly onArrived: () => void,
    private readonly onUnreadable: (sentence: string) => void,
  ) {}

  clear(): void {
    this.#generation++;
    this.#kept.clear();
    this.#wishes.clear();
  }

  /** Only the newest wishes of each are asked for: what has left the view by then is not. */
  wish(who: string, images: readonly number[]): void {
    this.#wishes.set(who, images);
    if (!this.#isAsking) void this.#fetch();
  }

  get(image: number): HTMLCanvasElement | undefined {
    return this.#kept.get(image);
  }

  async #fetch(): Promise<void> {
    this.#isAsking = true;
    for (;;) {
      const wanted = [...this.#wishes.values()].flat().filter((image) => !this.#kept.has(image));
      const images = [...new Set(wanted)].slice(0, BATCH);
      if (images.length === 0) break;
      const generation = this.#generation;
      try {
        const { pixels, unreadable } = await this.ask(images);
        if (generation !== this.#generation) continue;
        images.forEach((image, place) => {
          this.#kept.set(image, thumbnailOf(pixels, place));
        });
        const [first] = unreadable;
        if (first !== undefined) this.onUnreadable(first);
      } catch (error) {
        if (generation !== this.#generation) continue;
        this.onUnreadable(errorMessage(error));
        // Nothing has arrived: who draws again would only wish for the same, and be refused, over and over.
        this.#wishes.clear();
        break;
      }
      for (const oldest of this.#kept.keys()) {
        if (this.#kept.size <= KEPT || wanted.includes(oldest)) break;
        this.#kept.delete(oldest);
      }
      this.onArrived();
    }
    this.#isAsking = false;
  }
}

/** @param place of the image among those that came */
function thumbnailOf(pixels: Uint8Array, place: number): HTMLCanvasElement {
  const bytes = 3 * THUMBNAIL_SIDE ** 2;
  const data = pixels.subarray(place * bytes, (place + 1) * bytes);
  return canvasOf({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, channels: 3, data });
}
