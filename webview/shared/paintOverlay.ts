/** Draws an image with a map over it on a canvas of any size. */
import type { ImageMap } from '../../src/attention/imageMap.js';
import { keepMass, maskOutline, type OverlayOptions, overlayPixels } from './attentionOverlay.js';
import { element } from './element.js';

export interface PaintOptions extends OverlayOptions {
  /** Between the patches' centers linearly, instead of as squares; heat maps only. */
  readonly isSmooth: boolean;
  /** A line around the patches that keep `share` of the mass. */
  readonly isOutlined: boolean;
}

/** The place that is asked about, to be marked. */
export interface Marked {
  readonly patch: number;
  readonly isPinned: boolean;
}

/** The large image, the tiles, and what is saved; twice that, as two networks may see images of two sizes. */
const KEPT_SIZES = 6;
/** Below this many pixels of the canvas for one of the image, the image is smoothed; above, its pixels are to be seen. */
const LARGE_PIXELS = 4;
/** A line that is seen on every ground: light within dark. */
const LINES = [
  { style: 'rgb(0 0 0 / 75%)', width: 3.5 },
  { style: '#ffffff', width: 1.5 },
] as const;

/**
 * Covers the whole canvas.
 * @param scale pixels of the canvas in one of the page's, for the width of lines
 */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  map: ImageMap,
  options: PaintOptions,
  { marked, scale = 1 }: { readonly marked?: Marked | undefined; readonly scale?: number } = {},
): void {
  const { rows, columns, values } = map;
  const { width, height } = context.canvas;
  context.drawImage(imageOf(map, width, height), 0, 0);
  context.imageSmoothingEnabled = options.isSmooth && options.kind === 'heat';
  context.drawImage(patchesAsPixels(overlayPixels(values, options), columns, rows), 0, 0, width, height);

  const corner = (x: number, y: number) => [(x * width) / columns, (y * height) / rows] as const;
  if (options.isOutlined) {
    const outline = new Path2D();
    for (const { from, to } of maskOutline(keepMass(values, options.share), map)) {
      outline.moveTo(...corner(...from));
      outline.lineTo(...corner(...to));
    }
    strokeTwice(context, outline, scale);
  }
  if (marked !== undefined) {
    const [left, top] = corner(marked.patch % columns, Math.floor(marked.patch / columns));
    const [patchWidth, patchHeight] = corner(1, 1);
    const mark = new Path2D();
    mark.rect(left, top, patchWidth, patchHeight);
    strokeTwice(context, mark, marked.isPinned ? 2 * scale : scale);
    const [x, y] = [left + patchWidth / 2, top + patchHeight / 2];
    const center = new Path2D();
    center.arc(x, y, Math.min(3 * scale, patchWidth / 3), 0, 2 * Math.PI);
    strokeTwice(context, center, scale);
    if (!marked.isPinned) return;
    context.fillStyle = LINES[1].style;
    context.fill(center);
  }
}

function strokeTwice(context: CanvasRenderingContext2D, path: Path2D, scale: number): void {
  context.lineCap = 'square';
  for (const { style, width } of LINES) {
    context.strokeStyle = style;
    context.lineWidth = width * scale;
    context.stroke(path);
  }
}

/** By size: resizing takes longer than all else, and the overlay follows the pointer. */
const images = new WeakMap<Uint8Array, Map<string, HTMLCanvasElement>>();

/** The image, as large as the canvas that it is for. */
function imageOf(map: ImageMap, width: number, height: number): HTMLCanvasElement {
  const sizes = images.get(map.image) ?? new Map<string, HTMLCanvasElement>();
  images.set(map.image, sizes);
  const size = `${width} ${height}`;
  const kept = sizes.get(size);
  if (kept) return kept;
  // A window that is being resized goes through many.
  if (sizes.size >= KEPT_SIZES) sizes.clear();
  const resized = canvasOf(width, height);
  const context = resized.getContext('2d');
  if (context) {
    context.imageSmoothingEnabled = width < LARGE_PIXELS * map.width;
    context.imageSmoothingQuality = 'high';
    context.drawImage(unresized(map), 0, 0, width, height);
  }
  sizes.set(size, resized);
  return resized;
}

function unresized({ image, width, height }: ImageMap): HTMLCanvasElement {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) pixels.set(image.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
  const canvas = canvasOf(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

const canvasOf = (width: number, height: number): HTMLCanvasElement =>
  element('canvas', { width: `${width}`, height: `${height}` });

const patches = element('canvas');

function patchesAsPixels(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  if (patches.width !== width || patches.height !== height) Object.assign(patches, { width, height });
  patches.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return patches;
}
