/** A point as pixels: how much of each it covers. Pure: no DOM. */

export interface Stamp {
  /** In pixels. */
  readonly side: number;
  /** 0 to 255, [side, side]. */
  readonly covers: Uint8Array;
  /** 1: a pixel of the line around it, [side, side]; absent: it has none. */
  readonly isRim: Uint8Array | undefined;
}

/** As on the GPU (`glScatter.ts`): 0 in the middle, 1 at the edge; circle, square, triangle, diamond. */
function edgeOf(shape: number, x: number, y: number): number {
  switch (shape) {
    case 0:
      return Math.hypot(x, y);
    case 1:
      return 1.15 * Math.max(Math.abs(x), Math.abs(y));
    case 2:
      return Math.max(1.05 * Math.abs(x) - 0.5 * y + 0.3, 1.1 * y);
    default:
      return Math.abs(x) + Math.abs(y);
  }
}

/** @param size across, in pixels; @param alpha 0 to 1 */
export function stampOf(shape: number, size: number, alpha: number, hasRim: boolean): Stamp {
  const side = Math.max(1, Math.ceil(size));
  const soft = 2 / size;
  const covers = new Uint8Array(side * side);
  const isRim = hasRim ? new Uint8Array(side * side) : undefined;
  for (let at = 0; at < side * side; at++) {
    const [x, y] = [at % side, Math.floor(at / side)].map((place) => (2 * (place + 0.5 - side / 2)) / size) as [
      number,
      number,
    ];
    const edge = edgeOf(shape, x, y);
    const share = Math.min(1, Math.max(0, (1 - edge) / soft));
    covers[at] = Math.round(255 * alpha * share * share * (3 - 2 * share));
    if (isRim && edge > 1 - 2 * soft - 0.12) isRim[at] = 1;
  }
  return { side, covers, isRim };
}
