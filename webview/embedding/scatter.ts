/** What draws the plot's points. */
import type { Placement } from './geometry.js';

/** How a point is drawn. */
export const Look = { hidden: 0, faint: 1, plain: 2, selected: 3 } as const;

export interface Scatter {
  /** @param positions [n, 2], in plot coordinates; the same array may be given again */
  setPositions(positions: Float32Array): void;
  /** @param colors RGB, [n, 3]; @param shapes [n], 0 to 3 */
  setColors(colors: Uint8Array, shapes: Uint8Array): void;
  /** @param looks [n], of Look */
  setLooks(looks: Uint8Array): void;
  resize(width: number, height: number, ratio: number): void;
  draw(placement: Placement, pointSize: number, outline: readonly [number, number, number]): void;
}
