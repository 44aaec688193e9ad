/** Where the plot lies before one zooms: clear of the bar and of the legend where that costs little. Pure: no DOM. */

/** What floats over the plot at its top left, in pixels from that corner. */
export interface Covered {
  /** The lower edge of the bar. */
  readonly bar: number;
  /** The edges of the legend; 0 where there is none. */
  readonly right: number;
  readonly bottom: number;
}

export const NOTHING_COVERED: Covered = { bar: 0, right: 0, bottom: 0 };

/** A plot that would become smaller than this part of itself lies under what floats: that can be folded, and one can zoom. */
const LEAST_SHARE = 0.6;

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Room {
  readonly left: number;
  readonly top: number;
}

/** @returns the left and upper edge of the room, in pixels; it reaches to the right and lower edge of the frame */
export function roomOf({ width, height }: Size, { bar, right, bottom }: Covered): Room {
  // A plot is as wide as it is high: this is its side.
  const side = ({ left, top }: Room): number => Math.min(width - left, height - top);
  const whole: Room = { left: 0, top: 0 };
  const belowBar: Room = { left: 0, top: bar };
  const beside: Room = { left: right, top: bar };
  const below: Room = { left: 0, top: Math.max(bar, bottom) };
  const clear = side(below) > side(beside) ? below : beside;
  return [clear, belowBar].find((room) => side(room) >= LEAST_SHARE * side(whole)) ?? whole;
}
