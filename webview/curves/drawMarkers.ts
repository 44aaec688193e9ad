/** Draws the markers of a chart on its x axis. */
import type { Theme } from '../shared/theme.js';
import type { Area, Marker } from './markers.js';

/** Half the size of a checkpoint's marker, in pixels. */
const RADIUS = 3.5;

export function drawMarkers(
  context: CanvasRenderingContext2D,
  markers: readonly Marker[],
  theme: Theme,
  { left, right, bottom }: Area,
  pixelOf: (x: number) => number,
): void {
  context.save();
  context.lineWidth = 1;
  context.strokeStyle = theme.background;
  // Checkpoints lie on top: they can be clicked.
  for (const { kind, x, color } of markers.toSorted((a, b) => b.kind.localeCompare(a.kind))) {
    const pixel = pixelOf(x);
    if (pixel < left - 1 || pixel > right + 1) continue;
    context.fillStyle = kind === 'checkpoint' ? color : theme.muted;
    context.beginPath();
    if (kind === 'checkpoint') context.arc(pixel, bottom, RADIUS, 0, 2 * Math.PI);
    else diamond(context, pixel, bottom, RADIUS - 1);
    context.fill();
    context.stroke();
  }
  context.restore();
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}
