/** Where the plot lies before one zooms: below the bar, and clear of the legend where that costs little. Pure: no DOM. */

/** How far the legend reaches from the top left corner, in pixels; 0 where there is none. */
export interface Covered {
  readonly right: number;
  readonly bottom: number;
}

export const NOTHING_COVERED: Covered = { right: 0, bottom: 0 };

/** What the bar takes up at the top, in pixels and at most in heights. */
const BAR_PX = 44;
const BAR_SHARE = 0.12;
/** A plot that would become smaller than this part of itself lies under the legend instead: the legend can be folded. */
const LEAST_SHARE = 0.6;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @returns the left and upper edge of the room, in pixels; it reaches to the right and lower edge of the frame */
export function roomOf({ width, height }: Size, { right, bottom }: Covered): { left: number; top: number } {
  const bar = Math.min(BAR_PX, BAR_SHARE * height);
  const whole = { left: 0, top: bar };
  // A plot is as wide as it is high: this is its side.
  const side = ({ left, top }: { readonly left: number; readonly top: number }) => Math.min(width - left, height - top);
  const beside = { left: right, top: bar };
  const below = { left: 0, top: Math.max(bar, bottom) };
  const clear = side(below) > side(beside) ? below : beside;
  return side(clear) >= LEAST_SHARE * side(whole) ? clear : whole;
}
