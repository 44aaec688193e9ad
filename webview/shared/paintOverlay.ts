/** Draws an image with a map over it on a canvas of any size. */
import type { ImageMap } from '../../src/attention/imageMap.js';
import { keepMass, maskOutline, type OverlayOptions, overlayPixels } from './attentionOverlay.js';
import { element } from './element.js';
import { canvasOf } from './paintPixels.js';
import { toFrame, type View, WHOLE } from './view.js';

export interface PaintOptions extends OverlayOptions {
  /** Between the patches' centers linearly, instead of as squares; heat maps only. */
  readonly isSmooth: boolean;
  /** A line around the patches that keep `share` of the mass. */
  readonly isOutlined: boolean;
}

type SeenImage = Omit<ImageMap, 'values'>;

/** The place that is asked about, to be marked. */
interface Marked {
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

export interface Painted {
  readonly marked?: Marked | undefined;
  /** Pixels of the canvas in one of the page's, for the width of lines. */
  readonly scale?: number;
  /** The part of the image that covers the canvas; absent: all of it. */
  readonly view?: View;
}

/** Covers the whole canvas. */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  map: ImageMap,
  options: PaintOptions,
  { marked, scale = 1, view = WHOLE }: Painted = {},
): void {
  const { rows, columns, values } = map;
  const { width, height } = context.canvas;
  paintPatches(context, map, overlayPixels(values, options), options.isSmooth && options.kind === 'heat', view);

  const corner: Corner = (x, y) => {
    const at = toFrame(view, { x: x / columns, y: y / rows });
    return [at.x * width, at.y * height];
  };
  if (options.isOutlined) strokeOutline(context, map, options.share, corner, scale);
  if (marked !== undefined) strokeMark(context, marked, columns, corner, scale);
}

/**
 * The image, and a pixel for each patch over it; covers the whole canvas.
 * @param pixels RGBA, [rows, columns, 4]
 */
export function paintPatches(
  context: CanvasRenderingContext2D,
  image: SeenImage,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  isSmooth: boolean,
  view: View,
): void {
  const { width, height } = context.canvas;
  context.drawImage(imageOf(image, width, height, view), 0, 0);
  context.imageSmoothingEnabled = isSmooth;
  drawIn(context, view, patchesAsPixels(pixels, image.columns, image.rows));
}

/** Where on the canvas a corner of patches is, by column and row. */
type Corner = (x: number, y: number) => readonly [number, number];

/** The whole of it in the part that is in view. */
function drawIn(context: CanvasRenderingContext2D, { k, x, y }: View, whole: HTMLCanvasElement): void {
  const { width, height } = context.canvas;
  context.drawImage(whole, x * width, y * height, k * width, k * height);
}

function strokeOutline(
  context: CanvasRenderingContext2D,
  map: ImageMap,
  share: number,
  corner: Corner,
  scale: number,
): void {
  const outline = new Path2D();
  for (const { from, to } of maskOutline(keepMass(map.values, share), map)) {
    outline.moveTo(...corner(...from));
    outline.lineTo(...corner(...to));
  }
  strokeTwice(context, outline, scale);
}

function strokeMark(
  context: CanvasRenderingContext2D,
  { patch, isPinned }: Marked,
  columns: number,
  corner: Corner,
  scale: number,
): void {
  const [column, row] = [patch % columns, Math.floor(patch / columns)];
  const [[left, top], [right, bottom]] = [corner(column, row), corner(column + 1, row + 1)];
  const mark = new Path2D();
  mark.rect(left, top, right - left, bottom - top);
  strokeTwice(context, mark, isPinned ? 2 * scale : scale);
  const center = new Path2D();
  center.arc((left + right) / 2, (top + bottom) / 2, Math.min(3 * scale, (right - left) / 3), 0, 2 * Math.PI);
  strokeTwice(context, center, scale);
  if (!isPinned) return;
  context.fillStyle = LINES[1].style;
  context.fill(center);
}

function strokeTwice(context: CanvasRenderingContext2D, path: Path2D, scale: number): void {
  context.lineCap = 'square';
  for (const { style, width } of LINES) {
    context.strokeStyle = style;
    context.lineWidth = width * scale;
    context.stroke(path);
  }
}

/** By size and view: resizing takes longer than all else, and the overlay follows the pointer. */
const images = new WeakMap<Uint8Array, Map<string, HTMLCanvasElement>>();

/** What is in view of the image, as large as the canvas that it is for. */
function imageOf(map: SeenImage, width: number, height: number, view: View): HTMLCanvasElement {
  const sizes = images.get(map.image) ?? new Map<string, HTMLCanvasElement>();
  images.set(map.image, sizes);
  const key = [width, height, view.k, view.x, view.y].join(' ');
  const kept = sizes.get(key);
  if (kept) return kept;
  const whole = sizes.get(UNRESIZED) ?? unresized(map);
  // A window that is being resized goes through many, and a view that is being moved, too.
  if (sizes.size > KEPT_SIZES) sizes.clear();
  sizes.set(UNRESIZED, whole);
  const resized = element('canvas', { width: `${width}`, height: `${height}` });
  const context = resized.getContext('2d');
  if (context) {
    context.imageSmoothingEnabled = width * view.k < LARGE_PIXELS * map.width;
    context.imageSmoothingQuality = 'high';
    drawIn(context, view, whole);
  }
  sizes.set(key, resized);
  return resized;
}

const UNRESIZED = 'unresized';

function unresized({ image, width, height }: SeenImage): HTMLCanvasElement {
  return canvasOf({ width, height, channels: 3, data: image });
}

const patches = element('canvas');

function patchesAsPixels(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  if (patches.width !== width || patches.height !== height) Object.assign(patches, { width, height });
  patches.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return patches;
}
