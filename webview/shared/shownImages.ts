/** Images in their own shape: asked for when they are to be seen, and kept. */
import { errorMessage } from '../../src/errors/errorMessage.js';
import type { ShownImages as Answer, ShownImage } from '../../src/protocol/shownImages.js';
import { canvasOf, type Pixels } from './paintPixels.js';
import { Wishes } from './wishes.js';

export interface Arrived extends Omit<ShownImage, 'pixels'> {
  readonly canvas: HTMLCanvasElement;
}

/** By their places; a sentence in the place of an image says why it cannot be read. */
export class ShownImages extends Wishes<Arrived | string> {
  constructor(ask: (images: number[]) => Promise<Answer>, onArrived: (place: number, image: Arrived | string) => void) {
    super(async (places) => {
      try {
        const { images } = await ask(places);
        return images.map((image) =>
          typeof image === 'string' ? image : { ...image, canvas: canvasOf(rgbOf(image)) },
        );
      } catch (error) {
        return places.map(() => errorMessage(error));
      }
    }, onArrived);
  }
}

/** As it is painted. */
export const rgbOf = ({ width, height, pixels }: Pick<ShownImage, 'width' | 'height' | 'pixels'>): Pixels => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(pixels),
});
