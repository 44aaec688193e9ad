/** Masks of patches in blocks (BEiT, arXiv 2106.08254; masking.py of dinov2, `MaskingGenerator`). */

/** Where the random choices of a mask come from, in the order in which they are made. */
export interface Draws {
  /** From `low` to below `high`, or the other way round. */
  uniform(low: number, high: number): number;
  /** A whole number from 0 to `most`. */
  whole(most: number): number;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Patches of the smallest block. */
const LEAST_AREA = 4;
/** Logarithm of how much higher than wide a block is at most, and the other way round. */
const LONGEST = Math.log(1 / 0.3);
/** So often a block is drawn anew before the mask stays as it is. */
const ATTEMPTS = 10;

/**
 * Patches that a block may add at most, in training: half of them where the grid is even, fewer where it is not (train.py). The divisions
 * are rounded down one after the other.
 */
export const largestBlock = (imageSize: number, patchSize: number): number =>
  Math.floor((Math.floor((0.5 * imageSize) / patchSize) * imageSize) / patchSize);

/**
 * Masks blocks until `asked` patches are masked, never more: in a few of a hundred masks fewer, since no block fits.
 * @returns [rows, columns], 1 where a patch is masked
 */
export function blockMask({ rows, columns }: Grid, asked: number, largest: number, draws: Draws): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  let masked = 0;
  while (masked < asked) {
    const added = addBlock(mask, { rows, columns }, Math.min(asked - masked, largest), draws);
    if (added === 0) break;
    masked += added;
  }
  return mask;
}

/** @param most new patches @returns how many the block masks anew; 0: none of the attempts fitted */
function addBlock(mask: Uint8Array, { rows, columns }: Grid, most: number, draws: Draws): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = draws.uniform(LEAST_AREA, most);
    const aspect = Math.exp(draws.uniform(-LONGEST, LONGEST));
    const height = toNearestEven(Math.sqrt(area * aspect));
    const width = toNearestEven(Math.sqrt(area / aspect));
    if (height >= rows || width >= columns) continue;
    const top = draws.whole(rows - height);
    const left = draws.whole(columns - width);
    const fresh: number[] = [];
    for (let row = top; row < top + height; row++)
      for (let column = left; column < left + width; column++)
        if (mask[row * columns + column] === 0) fresh.push(row * columns + column);
    if (fresh.length === 0 || fresh.length > most) continue;
    for (const patch of fresh) mask[patch] = 1;
    return fresh.length;
  }
  return 0;
}

/** Python's `round`: a half goes to the even neighbor. */
function toNearestEven(x: number): number {
  const below = Math.floor(x);
  const isHalf = x - below === 0.5;
  return isHalf ? below + (below % 2) : Math.round(x);
}
