/** Where the curves are read: under the pointer, else where the slider stands, else at their newest. */
import type { XAxis } from './columns.js';
import { AXIS_LABELS } from './scales.js';
import { state } from './state.js';

export class Reading {
  /** A place on the x axis, while something is pointed at. */
  pointed: number | undefined;
  /** The share of the axis that the slider stands at; 1: the newest of each run. */
  share = 1;

  /** @param extent the first and the last place that is drawn */
  constructor(private readonly extent: () => readonly [number, number]) {}

  /** A place on the x axis; undefined: the newest of each run. */
  get x(): number | undefined {
    return this.pointed ?? this.fixed;
  }

  /** Where the slider stands. */
  get fixed(): number | undefined {
    return this.share === 1 ? undefined : this.placeOf(this.share);
  }

  /** Within what is shown. */
  placeOf(share: number): number {
    const { view } = state.value;
    const [from, to] = view ? [view.from, view.to] : this.extent();
    return from + share * (to - from);
  }
}

export function placeText(x: number, axis: XAxis): string {
  const number = axis === 'step' || axis === 'images' ? `${Math.round(x)}` : x.toFixed(2);
  return `${AXIS_LABELS[axis].toLowerCase()} ${number}`;
}
