/** The large image: the pointer or the arrow keys choose whose attention is shown; wheel and drag move the view of it. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import { fromFrame, type View } from '../shared/view.js';
import { Zoomable } from '../shared/zoomable.js';
import { ZoomBadge } from '../shared/zoomBadge.js';
import { type Grid, type Place, patchOf, placeBeside } from './place.js';
import { WipeHandle } from './wipeHandle.js';

export interface StageOptions {
  /** The patch that a place lies in, and how to get to its neighbors. */
  readonly grid: () => Grid;
  readonly pinned: () => Place | undefined;
  readonly wipe: () => number;
  readonly onPoint: () => void;
  readonly onPin: (place: Place | undefined) => void;
  readonly onWipe: (part: number) => void;
  readonly onResize: () => void;
  readonly onView: () => void;
  /** The view has come to rest. */
  readonly onRest: (view: View) => void;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const LIMITS = { least: 1, most: 32, slack: 0 };
const ZOOM = 1.4;
const MIDDLE: Place = { x: 0.5, y: 0.5 };
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export class Stage {
  readonly element: HTMLElement;
  readonly canvas = element('canvas', {
    class: 'large',
    role: 'application',
    tabindex: '0',
    'aria-roledescription': l10n.t('image'),
  });
  readonly #zoomable: Zoomable;
  readonly #badge = new ZoomBadge(() => this.#zoomable.reset());
  readonly #handle: WipeHandle;
  /** Where in the frame the pointer is: what is under it moves with the view. */
  #pointer: Place | undefined;
  /** What was pinned before the click that a double click begins with. */
  #pinnedBefore: Place | undefined;

  constructor(private readonly options: StageOptions) {
    this.#handle = new WipeHandle(options.wipe, (event) => this.#inFrame(event).x, options.onWipe);
    this.element = element('div', { class: 'stage' }, this.canvas, ...this.#handle.elements, this.#badge.element);
    this.#zoomable = new Zoomable(this.canvas, {
      ...LIMITS,
      // There is nothing to pan to while all is in view.
      pans: () => this.view.k > 1,
      onChange: (view) => this.#look(view),
      onRest: options.onRest,
    });
    this.#listen();
    new ResizeObserver(() => options.onResize()).observe(this.canvas);
  }

  /** The part of the image that is in view. */
  get view(): View {
    return this.#zoomable.view;
  }

  /** Under the pointer. */
  get pointed(): Place | undefined {
    return this.#pointer && this.#under(this.#pointer);
  }

  show(view: View): void {
    this.#zoomable.set(view);
    this.#badge.show(view);
  }

  /** Gives the canvas as many pixels as the screen has for it. @returns of these, how many the page's pixel has */
  fit({ width, height }: Size): number {
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    this.element.style.setProperty('--ratio', `${width / height}`);
    const scale = window.devicePixelRatio;
    const shown = this.canvas.clientWidth || width;
    const pixels = { width: Math.round(shown * scale), height: Math.round((shown * scale * height) / width) };
    if (this.canvas.width !== pixels.width || this.canvas.height !== pixels.height) Object.assign(this.canvas, pixels);
    return scale;
  }

  /** Names what is left and right of the handle; undefined: there is one network. */
  compare(names: readonly [left: string, right: string] | undefined): void {
    this.#handle.compare(names);
  }

  #listen(): void {
    const { canvas } = this;
    canvas.addEventListener('pointermove', (event) => this.#point(this.#inFrame(event)));
    canvas.addEventListener('pointerleave', () => this.#point(undefined));
    canvas.addEventListener('click', (event) => this.#click(event));
    canvas.addEventListener('dblclick', () => {
      this.options.onPin(this.#pinnedBefore);
      this.#zoomable.reset();
    });
    canvas.addEventListener('keydown', (event) => {
      if (this.#key(event.key)) event.preventDefault();
    });
  }

  #look(view: View): void {
    this.#badge.show(view);
    this.options.onView();
  }

  #point(at: Place | undefined): void {
    this.#pointer = at;
    this.options.onPoint();
  }

  #inFrame(event: MouseEvent): Place {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  #under(at: Place): Place {
    const { x, y } = fromFrame(this.view, at);
    return { x: clamp(x), y: clamp(y) };
  }

  /** A second click on the same patch lets it go; of a double click it counts as none. */
  #click(event: MouseEvent): void {
    if (event.detail > 1) return;
    const place = this.#under(this.#inFrame(event));
    const pinned = this.options.pinned();
    const grid = this.options.grid();
    this.#pinnedBefore = pinned;
    const isSame = pinned !== undefined && patchOf(pinned, grid) === patchOf(place, grid);
    this.options.onPin(isSame ? undefined : place);
  }

  /** @returns whether it means something here */
  #key(key: string): boolean {
    if ((key === 'Enter' || key === ' ') && this.pointed !== undefined) this.options.onPin(this.pointed);
    else if (key === '+' || key === '=') this.#zoomable.zoomBy(ZOOM);
    else if (key === '-') this.#zoomable.zoomBy(1 / ZOOM);
    else if (key === '0') this.#zoomable.reset();
    else if (ARROWS[key] !== undefined) this.#step(ARROWS[key]);
    else return false;
    return true;
  }

  /** The first key makes the middle of what is in view the query. */
  #step(direction: readonly [number, number]): void {
    const from = this.options.pinned() ?? this.pointed;
    const grid = this.options.grid();
    this.options.onPin(
      from === undefined ? placeBeside(fromFrame(this.view, MIDDLE), [0, 0], grid) : placeBeside(from, direction, grid),
    );
  }
}
