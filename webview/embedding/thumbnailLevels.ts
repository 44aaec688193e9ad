/**
 * Which images are seen as thumbnails at which zoom: none overlaps another, the most typical come first, and one that was seen stays when
 * one zooms in. It does not depend on the part that is in view, so that nothing jumps while the plot is moved. Pure: no DOM.
 */

/** Levels by which the zoom doubles. */
const LEVELS_A_DOUBLING = 2;
/** Pixels in a unit of the plot at level 0. */
const FIRST_SCALE = 64;
const LAST_LEVEL = 48;
const LEAST_SIDE = 34;
const LARGEST_SIDE = 64;
/** Between the centers of two thumbnails, in their sides: far out, more of many dots are to be seen. */
const WIDEST = 2.2;
const CLOSEST = 1.25;
const MANY = 2000;

/** @param scale pixels in a unit of the plot */
export const levelAt = (scale: number): number =>
  Math.min(LAST_LEVEL, Math.max(0, Math.floor(LEVELS_A_DOUBLING * Math.log2(scale / FIRST_SCALE))));

/** Of a thumbnail, in pixels. */
export const sideAt = (level: number): number => Math.min(LARGEST_SIDE, LEAST_SIDE + 2 * level);

/** The fewest pixels in a unit of the plot at a level. */
const scaleAt = (level: number): number => FIRST_SCALE * 2 ** (level / LEVELS_A_DOUBLING);

/** In units of the plot. @param count of images */
function spacingAt(level: number, count: number): number {
  const widest = CLOSEST + (WIDEST - CLOSEST) * Math.min(1, count / MANY);
  return (Math.max(CLOSEST, widest - 0.1 * level) * sideAt(level)) / scaleAt(level);
}

/** Where something else stands, such as a name: a place in the plot, and what is around it in pixels. */
export interface Reserved {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

export class ThumbnailLevels {
  readonly #placed: number[] = [];
  /** Of each level: how many are placed by then. */
  readonly #ends: number[] = [];
  #waiting: Int32Array;

  /**
   * @param positions [n, 2]
   * @param order the images that may be seen, those that come first where there is room for one only
   */
  constructor(
    private readonly positions: Float32Array,
    private readonly order: Int32Array,
    private readonly reserved: readonly Reserved[] = [],
  ) {
    this.#waiting = order;
  }

  /** Those seen at this level, in the order in which they came. */
  at(level: number): readonly number[] {
    while (this.#ends.length <= level) this.#place(this.#ends.length);
    return this.#placed.slice(0, this.#ends[level]);
  }

  #place(level: number): void {
    const rooms = new Rooms(this.positions, spacingAt(level, this.order.length));
    for (const image of this.#placed) rooms.take(image);
    this.#waiting = this.#waiting.filter((image) => {
      if (!rooms.isFree(image) || this.#isReserved(image, level)) return true;
      rooms.take(image);
      this.#placed.push(image);
      return false;
    });
    this.#ends.push(this.#placed.length);
  }

  #isReserved(image: number, level: number): boolean {
    const [scale, half] = [scaleAt(level), sideAt(level) / 2];
    const [left, up] = [this.positions[2 * image] as number, this.positions[2 * image + 1] as number];
    return this.reserved.some(
      ({ x, y, halfWidth, halfHeight }) =>
        Math.abs(left - x) * scale < halfWidth + half && Math.abs(up - y) * scale < halfHeight + half,
    );
  }
}

/** Squares as wide as the spacing: each has at most one image, and what is too near is in one of the nine around. */
class Rooms {
  readonly #taken = new Map<number, number>();
  readonly #columns: number;

  constructor(
    private readonly positions: Float32Array,
    private readonly spacing: number,
  ) {
    this.#columns = Math.ceil(4 / spacing) + 4;
  }

  take(image: number): void {
    this.#taken.set(this.#room(image), image);
  }

  isFree(image: number): boolean {
    const room = this.#room(image);
    if (this.#taken.has(room)) return false;
    for (let up = -1; up <= 1; up++) {
      for (let across = -1; across <= 1; across++) {
        const other = this.#taken.get(room + up * this.#columns + across);
        if (other !== undefined && this.#isNear(image, other)) return false;
      }
    }
    return true;
  }

  #isNear(image: number, other: number): boolean {
    const apart = (axis: number) =>
      Math.abs((this.positions[2 * image + axis] as number) - (this.positions[2 * other + axis] as number));
    return Math.max(apart(0), apart(1)) < this.spacing;
  }

  #room(image: number): number {
    const [x, y] = [this.positions[2 * image] as number, this.positions[2 * image + 1] as number];
    return (Math.floor((y + 2) / this.spacing) + 1) * this.#columns + Math.floor((x + 2) / this.spacing) + 1;
  }
}
