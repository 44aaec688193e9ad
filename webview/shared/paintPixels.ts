/** Pixels on a canvas of their size. */
import { element } from './element.js';

/** 8-bit, [height, width, channels]: one channel is gray, three are RGB. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

export function paintPixels(canvas: HTMLCanvasElement, { width, height, channels, data }: Pixels): void {
  const painted = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    for (let channel = 0; channel < 3; channel++)
      painted[pixel * 4 + channel] = data[from + (channels === 3 ? channel : 0)] ?? 0;
    painted[pixel * 4 + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(painted, width, height), 0, 0);
}

/** On a canvas of their own, as decoration: what stands around it names it. */
export function canvasOf(pixels: Pixels): HTMLCanvasElement {
  const canvas = element('canvas', { 'aria-hidden': 'true' });
  paintPixels(canvas, pixels);
  return canvas;
}
