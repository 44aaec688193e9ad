/** What a run's network shows of an image, in a cell: its attention, or without it the norms of its activations. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import { type Look, mapsOf } from '../shared/look.js';
import { paintOverlay } from '../shared/paintOverlay.js';

/** An answer with its maps, which are made once. */
export interface Seen {
  readonly look: Look;
  readonly maps: ReturnType<typeof mapsOf>;
}

export const seenBy = (look: Look): Seen => ({ look, maps: mapsOf(look, undefined) });

interface CellOptions {
  readonly head: number | 'mean';
  readonly opacity: number;
  /** Of the square that the image is fitted into, in pixels of the page. */
  readonly side: number;
}

export function paintCell(
  cell: HTMLElement,
  { look, maps }: Seen,
  { head, opacity, side }: CellOptions,
  run: string,
  step: number,
): void {
  const canvas = cell.querySelector('canvas') ?? element('canvas', { role: 'img' });
  const scale = window.devicePixelRatio;
  const shown = (side * scale) / Math.max(look.width, look.height);
  canvas.width = shown * look.width;
  canvas.height = shown * look.height;
  canvas.style.width = `${canvas.width / scale}px`;
  canvas.setAttribute('aria-label', labelOf(look, head, run, step));
  const options = {
    kind: 'heat',
    opacity,
    share: 1,
    colorMap: 'inferno',
    isSmooth: true,
    isOutlined: false,
  } as const;
  const context = canvas.getContext('2d');
  if (context) paintOverlay(context, maps(head), options);
  if (canvas.parentElement === cell) return;
  cell.replaceChildren(canvas);
  if (look.kind === 'activations')
    cell.append(element('p', { class: 'detail' }, l10n.t('No attention: norm of the last stage’s activations')));
}

function labelOf(look: Look, head: number | 'mean', run: string, step: number): string {
  if (look.kind === 'activations') return l10n.t('Norm of the activations of {0}, step {1}', run, step);
  const label = l10n.t('Attention of {0}, step {1}', run, step);
  const isMean = head === 'mean' || head >= look.heads;
  return `${label}, ${isMean ? l10n.t('mean of all heads') : l10n.t('head {0}', head + 1)}`;
}
