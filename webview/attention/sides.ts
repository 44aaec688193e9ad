/** Attention on a canvas: one network's, or two networks', left and right of the handle. */
import type { Query } from '../../src/attention/queriesAndKeys.js';
import { type PaintOptions, paintAttention } from '../shared/paintAttention.js';
import type { Head } from './headTiles.js';
import { type Look, mapsOf } from './looks.js';
import { type Place, patchOf } from './stage.js';

/** What the networks see. */
export interface Views {
  readonly left: Look;
  readonly right?: Look;
}

export interface PaintedAs extends PaintOptions {
  /** Whose attention it is; absent: the CLS token's. */
  readonly place: Place | undefined;
  readonly isPinned: boolean;
  /** The part of the canvas that is left of the handle. */
  readonly wipe: number;
}

/** Covers a canvas. Lines are for the large picture: in a tile they would hide what they surround. */
export type Paint = (context: CanvasRenderingContext2D, head: Head, scale: number, hasLines: boolean) => void;

export function queryIn({ rows, columns }: Look, place: Place | undefined): Query {
  return place === undefined ? 'cls' : patchOf(place, rows, columns);
}

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

function side(look: Look, options: PaintedAs): Paint {
  const query = queryIn(look, options.place);
  const maps = mapsOf(look, query);
  const marked = query === 'cls' ? undefined : { patch: query, isPinned: options.isPinned };
  return (context, head, scale, hasLines) => {
    const some = head !== 'mean' && head >= look.heads ? 'mean' : head;
    if (hasLines) paintAttention(context, maps, some, options, { scale, marked });
    else paintAttention(context, maps, some, { ...options, isOutlined: false });
  };
}
