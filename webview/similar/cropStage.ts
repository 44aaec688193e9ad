/** The query, on which a part is chosen: by dragging a box, or by the arrow keys. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';

/** In the image's pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface CropStage {
  readonly element: HTMLElement;
  /** @param size of the whole image, in its pixels */
  show(
    canvas: HTMLCanvasElement,
    size: { readonly width: number; readonly height: number },
    box: Region | undefined,
  ): void;
}

/** A box that is dragged over fewer pixels of the screen is a click. */
const LEAST_DRAG = 6;
/** A key moves the box by this share of the image. */
const STEP = 1 / 20;
const LEAST_SHARE = 1 / 10;
/** After the last key. */
const KEYS_REST_MS = 500;

/** @param onCrop hears a part, or undefined: all of it */
export function cropStage(onCrop: (region: Region | undefined) => void): CropStage {
  const mark = element('div', { class: 'box', hidden: '' });
  const stage = element('div', {
    class: 'stage',
    tabindex: '0',
    role: 'application',
    'aria-label': l10n.t(
      'Query. Drag a box to search for a part of it. By keyboard: Enter begins a box, the arrow keys move it, Shift with them changes its size, Escape removes it.',
    ),
  });
  let size = { width: 1, height: 1 };
  let box: Region | undefined;
  let from: { readonly x: number; readonly y: number } | undefined;
  let timer: number | undefined;

  /** Where the image lies in the stage: it is shown whole, in the middle. */
  const placed = () => {
    const { clientWidth, clientHeight } = stage;
    const scale = Math.min(clientWidth / size.width, clientHeight / size.height);
    return { scale, left: (clientWidth - size.width * scale) / 2, top: (clientHeight - size.height * scale) / 2 };
  };
  const draw = (): void => {
    mark.hidden = box === undefined;
    if (box === undefined) return;
    const { scale, left, top } = placed();
    Object.assign(mark.style, {
      left: `${left + box.left * scale}px`,
      top: `${top + box.top * scale}px`,
      width: `${Math.max(0, box.width * scale - 4)}px`,
      height: `${Math.max(0, box.height * scale - 4)}px`,
    });
  };
  const choose = (region: Region | undefined): void => {
    box = region;
    draw();
  };
  const pointOf = (event: PointerEvent) => {
    const bounds = stage.getBoundingClientRect();
    const { scale, left, top } = placed();
    const within = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)));
    return {
      x: within((event.clientX - bounds.left - left) / scale, size.width),
      y: within((event.clientY - bounds.top - top) / scale, size.height),
    };
  };
  const between = (one: { x: number; y: number }, other: { x: number; y: number }): Region | undefined => {
    const least = LEAST_DRAG / placed().scale;
    const [width, height] = [Math.abs(one.x - other.x), Math.abs(one.y - other.y)];
    if (width < Math.max(1, least) || height < Math.max(1, least)) return undefined;
    return { left: Math.min(one.x, other.x), top: Math.min(one.y, other.y), width, height };
  };
  stage.addEventListener('pointerdown', (event) => {
    from = pointOf(event);
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    if (from !== undefined) choose(between(from, pointOf(event)));
  });
  stage.addEventListener('pointerup', (event) => {
    if (from === undefined) return;
    const had = box !== undefined;
    choose(between(from, pointOf(event)));
    from = undefined;
    if (had || box !== undefined) onCrop(box);
  });
  stage.addEventListener('keydown', (event) => {
    const next = byKey(event, box, size);
    if (next === 'other') return;
    event.preventDefault();
    event.stopPropagation();
    choose(next);
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      onCrop(box);
    }, KEYS_REST_MS);
  });
  new ResizeObserver(draw).observe(stage);
  return {
    element: stage,
    show(canvas, ofImage, region) {
      stage.replaceChildren(canvas, mark);
      size = ofImage;
      // What comes while a box is drawn is of an earlier search.
      if (from === undefined && timer === undefined) choose(region);
    },
  };
}

/** `other`: the key means something else. */
function byKey(
  { key, shiftKey }: KeyboardEvent,
  box: Region | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): Region | undefined | 'other' {
  if (key === 'Escape') return box === undefined ? 'other' : undefined;
  const middle = { left: width / 4, top: height / 4, width: width / 2, height: height / 2 };
  if (key === 'Enter' || key === ' ') return box === undefined ? rounded(middle, width, height) : 'other';
  const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [0, 0];
  if (across === 0 && down === 0) return 'other';
  const from = box ?? middle;
  const [x, y] = [(across ?? 0) * width * STEP, (down ?? 0) * height * STEP];
  const moved = shiftKey
    ? { ...from, width: from.width + x, height: from.height + y }
    : { ...from, left: from.left + x, top: from.top + y };
  return rounded(moved, width, height);
}

/** Within the image, and no smaller than is worth a look. */
function rounded({ left, top, ...wanted }: Region, most: number, tallest: number): Region {
  const width = Math.min(most, Math.max(1, most * LEAST_SHARE, wanted.width));
  const height = Math.min(tallest, Math.max(1, tallest * LEAST_SHARE, wanted.height));
  return {
    left: Math.round(Math.min(most - width, Math.max(0, left))),
    top: Math.round(Math.min(tallest - height, Math.max(0, top))),
    width: Math.max(1, Math.floor(width)),
    height: Math.max(1, Math.floor(height)),
  };
}
