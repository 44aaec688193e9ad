/** The large image: the pointer or the arrow keys choose whose attention is shown, and a handle wipes between two networks. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';

/** A place in the image, 0 to 1 each way: it stays where it is when the patches become finer. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface StageOptions {
  /** The patch that a place lies in, and how to get to its neighbors. */
  readonly grid: () => { readonly rows: number; readonly columns: number };
  readonly pinned: () => Place | undefined;
  readonly wipe: () => number;
  readonly onPoint: () => void;
  readonly onPin: (place: Place | undefined) => void;
  readonly onWipe: (part: number) => void;
  readonly onResize: () => void;
}

export interface Stage {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Under the pointer. */
  readonly pointed: Place | undefined;
  /** Gives the canvas as many pixels as the screen has for it. @returns of these, how many the page's pixel has */
  fit(size: { readonly width: number; readonly height: number }): number;
  /** Names what is left and right of the handle; undefined: there is one network. */
  compare(names: readonly [left: string, right: string] | undefined): void;
}

const WIPE_STEP = 0.02;
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export function stage(options: StageOptions): Stage {
  const canvas = element('canvas', {
    class: 'large',
    role: 'application',
    tabindex: '0',
    'aria-roledescription': l10n.t('image'),
  });
  const handle = element('div', {
    class: 'wipe',
    role: 'slider',
    tabindex: '0',
    'aria-label': l10n.t('Wipe between the two networks'),
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  });
  const names = [element('span', { class: 'side left' }), element('span', { class: 'side right' })] as const;
  const frame = element('div', { class: 'stage' }, canvas, ...names, handle);
  let pointed: Place | undefined;

  const point = (to: Place | undefined): void => {
    pointed = to;
    options.onPoint();
  };
  const placeOf = (event: MouseEvent): Place => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: clamp((event.clientX - left) / width), y: clamp((event.clientY - top) / height) };
  };
  canvas.addEventListener('pointermove', (event) => point(placeOf(event)));
  canvas.addEventListener('pointerleave', () => point(undefined));
  canvas.addEventListener('click', (event) => {
    const place = placeOf(event);
    const pinned = options.pinned();
    const { rows, columns } = options.grid();
    const isSame =
      pinned !== undefined &&
      JSON.stringify(cellOf(pinned, rows, columns)) === JSON.stringify(cellOf(place, rows, columns));
    options.onPin(isSame ? undefined : place);
  });
  canvas.addEventListener('keydown', (event) => {
    if ((event.key === 'Enter' || event.key === ' ') && pointed !== undefined) {
      event.preventDefault();
      options.onPin(pointed);
      return;
    }
    const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[
      event.key
    ] ?? [0, 0];
    if (across === 0 && down === 0) return;
    event.preventDefault();
    const { rows, columns } = options.grid();
    const from = options.pinned() ?? pointed;
    const cell = cellOf(from ?? { x: 0.5, y: 0.5 }, rows, columns);
    // The first key makes the middle the query.
    const [column, row] = from === undefined ? cell : [cell[0] + (across ?? 0), cell[1] + (down ?? 0)];
    options.onPin({
      x: (Math.min(columns - 1, Math.max(0, column)) + 0.5) / columns,
      y: (Math.min(rows - 1, Math.max(0, row)) + 0.5) / rows,
    });
  });

  const showWipe = (): void => {
    handle.style.left = `${100 * options.wipe()}%`;
    handle.setAttribute('aria-valuenow', `${Math.round(100 * options.wipe())}`);
  };
  const wipe = (part: number): void => {
    options.onWipe(clamp(part));
    showWipe();
  };
  handle.addEventListener('pointerdown', (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener('pointermove', (event) => {
    if (handle.hasPointerCapture(event.pointerId)) wipe(placeOf(event).x);
  });
  handle.addEventListener('keydown', (event) => {
    const part = options.wipe();
    const moved = {
      ArrowRight: part + WIPE_STEP,
      ArrowUp: part + WIPE_STEP,
      ArrowLeft: part - WIPE_STEP,
      ArrowDown: part - WIPE_STEP,
      PageUp: part + 5 * WIPE_STEP,
      PageDown: part - 5 * WIPE_STEP,
      Home: 0,
      End: 1,
    }[event.key];
    if (moved === undefined) return;
    event.preventDefault();
    wipe(moved);
  });
  new ResizeObserver(() => options.onResize()).observe(canvas);

  return {
    element: frame,
    canvas,
    get pointed() {
      return pointed;
    },
    fit({ width, height }) {
      canvas.style.aspectRatio = `${width} / ${height}`;
      frame.style.setProperty('--ratio', `${width / height}`);
      const scale = window.devicePixelRatio;
      const shown = canvas.clientWidth || width;
      const pixels = { width: Math.round(shown * scale), height: Math.round((shown * scale * height) / width) };
      if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
      return scale;
    },
    compare(sides) {
      handle.hidden = sides === undefined;
      names.forEach((name, side) => {
        name.hidden = sides === undefined;
        name.textContent = sides?.[side] ?? '';
      });
      showWipe();
    },
  };
}

/** Column and row. */
const cellOf = ({ x, y }: Place, rows: number, columns: number): readonly [number, number] => [
  Math.min(columns - 1, Math.floor(x * columns)),
  Math.min(rows - 1, Math.floor(y * rows)),
];

export function patchOf(place: Place, rows: number, columns: number): number {
  const [column, row] = cellOf(place, rows, columns);
  return row * columns + column;
}
