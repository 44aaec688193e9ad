/** The part of the x axis that all charts show: zoomed and panned within what there is. Undefined is the whole, also while it grows. */

export interface View {
  readonly from: number;
  readonly to: number;
}

/** Closer, nothing more is seen. */
const LEAST_SHARE = 1e-4;

/**
 * @param factor above 1 shows less, below 1 more
 * @param end of the axis, which begins at 0
 * @param at what stays in its place; absent: the middle
 */
export function zoomed(view: View | undefined, end: number, factor: number, at?: number): View | undefined {
  const { from, to } = view ?? { from: 0, to: end };
  const fixed = at ?? (from + to) / 2;
  return within({ from: fixed - (fixed - from) / factor, to: fixed + (to - fixed) / factor }, end);
}

/** Moved by a share of its width; the whole cannot be moved. */
export function panned(view: View | undefined, end: number, share: number): View | undefined {
  if (view === undefined) return undefined;
  const width = view.to - view.from;
  const from = Math.min(Math.max(0, view.from + share * width), end - width);
  return within({ from, to: from + width }, end);
}

/** Kept within the axis; undefined when it is all of it. */
export function within({ from, to }: View, end: number): View | undefined {
  if (!(end > 0) || !(to > from)) return undefined;
  const width = Math.max(to - from, LEAST_SHARE * end);
  const start = Math.max(0, Math.min(from, end - LEAST_SHARE * end));
  const stop = Math.min(end, start + width);
  return start <= 0 && stop >= end ? undefined : { from: start, to: stop };
}
