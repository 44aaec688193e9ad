/** What lies on the x axis of every chart: a dot a checkpoint, which a click looks into, and a diamond an evaluation. Pure: no DOM. */

export interface Marker {
  readonly kind: 'checkpoint' | 'evaluation';
  /** On the x axis. */
  readonly x: number;
  readonly step: number;
  /** The run's folder and its color. */
  readonly dir: string;
  readonly color: string;
}

/** Where the lines of a chart are drawn, in pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

/** How near the pointer has to be, in pixels. */
const REACH = 8;

/** The checkpoint at a place in pixels, else the evaluation. */
export function markerAt(
  markers: readonly Marker[],
  pointer: { readonly x: number; readonly y: number },
  { bottom }: Area,
  pixelOf: (x: number) => number,
): Marker | undefined {
  if (Math.abs(pointer.y - bottom) > REACH) return undefined;
  const distance = ({ x }: Marker) => Math.abs(pixelOf(x) - pointer.x);
  const near = markers.filter((marker) => distance(marker) <= REACH);
  const nearest = (kind: Marker['kind']) =>
    near.filter((marker) => marker.kind === kind).sort((a, b) => distance(a) - distance(b))[0];
  return nearest('checkpoint') ?? nearest('evaluation');
}
