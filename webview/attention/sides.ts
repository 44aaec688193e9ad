/** Maps on a canvas: one network's, or two networks', left and right of the handle. */
import { type AttentionLook, type Look, mapsOf } from '../shared/look.js';
import { type PaintOptions, paintOverlay } from '../shared/paintOverlay.js';
import type { View } from '../shared/view.js';
import type { Head } from './headTiles.js';
import type { PatchesLook } from './patchesLook.js';
import { patchesPainter } from './patchesPainter.js';
import { type Place, patchOf } from './place.js';

/** What a network shows of an image. */
export type Seen = Look | PatchesLook;

/** What the networks see. */
export interface Views {
  readonly left: Seen;
  readonly right?: Seen;
}

/** Those of the networks that have attention. */
export const attentive = ({ left, right }: Views): AttentionLook[] =>
  [left, ...(right ? [right] : [])].filter((look) => look.kind === 'attention');

export interface PaintedAs extends PaintOptions {
  /** What is asked about; absent: the whole image. */
  readonly place: Place | undefined;
  readonly isPinned: boolean;
  /** The part of the image that is in view, the same for all. */
  readonly view: View;
  /** Whose attention is shown where no place is asked about; absent: the CLS token's. */
  readonly register?: number | undefined;
  readonly isForegroundOnly: boolean;
  /** The part of the canvas that is left of the handle. */
  readonly wipe: number;
}

/** Covers a canvas. Lines are for the large image: in a tile they would hide what they surround. */
export type Paint = (context: CanvasRenderingContext2D, head: Head, scale: number, hasLines: boolean) => void;

/** By its index in reading order. */
export const queryIn = (look: Seen, place: Place | undefined): number | undefined => place && patchOf(place, look);

export function painter({ left, right }: Views, options: PaintedAs): Paint {
  const first = side(left, options);
  if (right === undefined) return first;
  const second = side(right, options);
  return (context, head, scale, hasLines) => {
    first(context, head, scale, hasLines);
    const { width, height } = context.canvas;
    const from = Math.round(width * options.wipe);
    context.save();
    context.beginPath();
    context.rect(from, 0, width - from, height);
    context.clip();
    second(context, head, scale, hasLines);
    context.restore();
  };
}

function side(look: Seen, chosen: PaintedAs): Paint {
  if (look.kind === 'patches') return patchesPainter(look, chosen);
  // A share of the mass is attention's alone.
  const options = look.kind === 'attention' ? chosen : ({ ...chosen, kind: 'heat', isOutlined: false } as const);
  const query = queryIn(look, options.place);
  const maps = mapsOf(look, query, options.register);
  const marked = query === undefined ? undefined : { patch: query, isPinned: options.isPinned };
  return (context, head, scale, hasLines) => {
    const { view } = options;
    if (hasLines) paintOverlay(context, maps(head), options, { scale, marked, view });
    else paintOverlay(context, maps(head), { ...options, isOutlined: false }, { view });
  };
}
