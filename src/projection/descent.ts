/** A projection that improves step by step, so that it can be watched, paused and cancelled. */
export interface Descent {
  readonly iterations: number;
  /** Steps that are done. */
  readonly iteration: number;
  step(): void;
  /** The points as they are now, [n, 2]. */
  layout(): Float32Array<ArrayBuffer>;
}

export function interleaved(x: Float32Array, y: Float32Array): Float32Array<ArrayBuffer> {
  const layout = new Float32Array(2 * x.length);
  for (let i = 0; i < x.length; i++) {
    layout[2 * i] = x[i] as number;
    layout[2 * i + 1] = y[i] as number;
  }
  return layout;
}

/** One axis of a layout. */
export const axisOf = (layout: Float32Array, axis: 0 | 1): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: layout.length / 2 }, (_, i) => layout[2 * i + axis] as number);
