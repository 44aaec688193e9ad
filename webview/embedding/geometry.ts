/** Points in the plane: how they fit the plot, which is under the pointer, which lie in a lasso. */
/** Where plot coordinates (-1 to 1) are on the canvas: center + point * scale, in CSS pixels. */
export interface Placement {
  readonly scale: number;
  readonly centerX: number;
  readonly centerY: number;
}

/** The layout moved and scaled, alike in both directions, so that it fits -1 to 1. */
export function fitted(layout: Float32Array): Float32Array {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < layout.length; at += 2) {
    const [x, y] = [layout[at] as number, layout[at + 1] as number];
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const scale = 2 / Math.max(right - left, top - bottom, 1e-20);
  const [centerX, centerY] = [(left + right) / 2, (bottom + top) / 2];
  return layout.map((value, at) => (value - (at % 2 === 0 ? centerX : centerY)) * scale);
}

export const toScreen = (positions: Float32Array, point: number, { scale, centerX, centerY }: Placement) => ({
  x: centerX + (positions[2 * point] as number) * scale,
  y: centerY - (positions[2 * point + 1] as number) * scale,
});

/** The nearest point that `counts`, within so many pixels; among equals the last, which is drawn on top. */
export function pointAt(
  positions: Float32Array,
  placement: Placement,
  x: number,
  y: number,
  within: number,
  counts: (point: number) => boolean,
): number | undefined {
  let best: number | undefined;
  let least = within ** 2;
  for (let point = 0; 2 * point < positions.length; point++) {
    const at = toScreen(positions, point, placement);
    const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
    if (distance > least || !counts(point)) continue;
    least = distance;
    best = point;
  }
  return best;
}

/** The nearest point within 45 degrees of a direction, for the arrow keys. */
export function pointBeside(
  positions: Float32Array,
  from: number,
  direction: readonly [number, number],
  counts: (point: number) => boolean,
): number | undefined {
  const [x, y] = [positions[2 * from] as number, positions[2 * from + 1] as number];
  let best: number | undefined;
  let least = Infinity;
  for (let point = 0; 2 * point < positions.length; point++) {
    const dx = (positions[2 * point] as number) - x;
    const dy = (positions[2 * point + 1] as number) - y;
    const along = dx * direction[0] + dy * direction[1];
    const across = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
    if (point === from || along <= 0 || across > along || !counts(point)) continue;
    const distance = dx * dx + dy * dy;
    if (distance >= least) continue;
    least = distance;
    best = point;
  }
  return best;
}

/** The points inside a closed line: a ray from them crosses it an odd number of times. */
export function pointsInside(
  positions: Float32Array,
  placement: Placement,
  line: readonly { readonly x: number; readonly y: number }[],
  counts: (point: number) => boolean,
): number[] {
  const inside: number[] = [];
  const xs = line.map(({ x }) => x);
  const ys = line.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let point = 0; 2 * point < positions.length; point++) {
    const { x, y } = toScreen(positions, point, placement);
    if (x < left || x > right || y < top || y > bottom || !counts(point)) continue;
    let isInside = false;
    for (let i = 0, before = line.length - 1; i < line.length; before = i++) {
      const [xi, yi, xj, yj] = [xs[i] ?? 0, ys[i] ?? 0, xs[before] ?? 0, ys[before] ?? 0];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) isInside = !isInside;
    }
    if (isInside) inside.push(point);
  }
  return inside;
}
