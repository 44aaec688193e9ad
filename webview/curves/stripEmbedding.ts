/** Images in the plane as a small plot: a glance beside others. The panel of embeddings shows one in full. */
import { element } from '../shared/element.js';
import { fitted } from './fitted.js';

export interface Embedding {
  /** [images, 2] */
  readonly points: Float32Array;
  /** Index of each image's class; -1: none. */
  readonly labels: Int32Array;
}

/** In pixels of the page. */
const MARGIN = 6;
const RADIUS = 2;

export function paintEmbedding(
  cell: HTMLElement,
  { points, labels }: Embedding,
  { colors, side }: { readonly colors: readonly string[]; readonly side: number },
  label: string,
): void {
  const canvas = cell.querySelector('canvas') ?? element('canvas', { role: 'img', class: 'embedding' });
  const scale = window.devicePixelRatio;
  canvas.width = side * scale;
  canvas.height = side * scale;
  canvas.setAttribute('aria-label', label);
  const context = canvas.getContext('2d');
  const places = fitted(points, side - 2 * MARGIN);
  context?.scale(scale, scale);
  for (let image = 0; image < labels.length; image++) {
    if (context === null) break;
    // More classes than colors: some share one, as a glance allows.
    context.fillStyle = colors[Math.max(0, labels[image] ?? 0) % Math.max(1, colors.length)] ?? 'gray';
    context.beginPath();
    const [x, y] = [places[2 * image] ?? 0, places[2 * image + 1] ?? 0];
    context.arc(MARGIN + x, MARGIN + y, RADIUS, 0, 2 * Math.PI);
    context.fill();
  }
  if (canvas.parentElement !== cell) cell.replaceChildren(canvas);
}
