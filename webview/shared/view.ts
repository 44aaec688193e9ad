/** The part of something that a frame shows, as a zoom and a shift. Pure: no DOM. */

/** A point of the whole is at `k` times its place plus the shift; places and shifts are in widths and heights of the frame. */
export interface View {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface ViewLimits {
  readonly least: number;
  readonly most: number;
  /** How far an edge of the whole may be inside the frame, in sizes of the frame. */
  readonly slack: number;
}

/** All of it, as large as the frame. */
export const WHOLE: View = { k: 1, x: 0, y: 0 };

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Where in the frame a point of the whole is. */
export const toFrame = ({ k, x, y }: View, point: Point): Point => ({ x: k * point.x + x, y: k * point.y + y });

/** Which point of the whole is at a place in the frame. */
export const fromFrame = ({ k, x, y }: View, at: Point): Point => ({ x: (at.x - x) / k, y: (at.y - y) / k });

/** Moved so far that no edge of the whole is farther inside the frame than the slack. */
export function kept({ k, x, y }: View, slack: number): View {
  const [least, most] = [Math.min(0, 1 - k) - slack, Math.max(0, 1 - k) + slack];
  return { k, x: clamp(x, least, most), y: clamp(y, least, most) };
}

/** What is at this place of the frame stays there, as far as the limits let it. */
export function zoomedAt(view: View, factor: number, at: Point, { least, most, slack }: ViewLimits): View {
  const k = clamp(view.k * factor, least, most);
  const point = fromFrame(view, at);
  return kept({ k, x: at.x - k * point.x, y: at.y - k * point.y }, slack);
}

/** @param by in sizes of the frame */
export const pannedBy = ({ k, x, y }: View, by: Point, { slack }: ViewLimits): View =>
  kept({ k, x: x + by.x, y: y + by.y }, slack);
