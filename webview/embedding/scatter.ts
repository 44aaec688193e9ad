/** What draws the plot's points. */
import type { Placement } from './geometry.js';

/** How a point is drawn: `lit` is found by a search. */
export const Look = { hidden: 0, faint: 1, plain: 2, lit: 3, selected: 4 } as const;

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

export interface Ink {
  /** Around what is selected. */
  readonly outline: Rgb;
  readonly background: Rgb;
}

export interface Scatter {
  /** @param positions [n, 2], in plot coordinates; the same array may be given again */
  setPositions(positions: Float32Array): void;
  /** @param colors RGB, [n, 3]; @param shapes [n], 0 to 3 */
  setColors(colors: Uint8Array, shapes: Uint8Array): void;
  /** @param looks [n], of Look */
  setLooks(looks: Uint8Array): void;
  resize(width: number, height: number, ratio: number): void;
  draw(placement: Placement, pointSize: number, ink: Ink): void;
}
