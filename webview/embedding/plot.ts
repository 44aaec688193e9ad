/** The plot itself: points, what lies over them, and the hands that move it. What they mean is the page's matter. */
import * as l10n from '@vscode/l10n';
import { rgb } from 'd3-color';
import { element } from '../shared/element.js';
import { readTheme, type Theme } from '../shared/theme.js';
import type { Thumbnails } from '../shared/thumbnails.js';
import { type Point, type View, WHOLE } from '../shared/view.js';
import { Zoomable } from '../shared/zoomable.js';
import { clusterMarks } from './clusterMarks.js';
import type { Coloring } from './coloring.js';
import { densityOf, typicalFirst } from './density.js';
import { createScatter } from './lastingScatter.js';
import { Morph } from './morph.js';
import { drawOverlay, roomOfNames } from './overlay.js';
import { listenToKeys } from './plotKeys.js';
import { PlotPointer, type Tool } from './plotPointer.js';
import { emptyScene, foundIn, isSeen, placementOf, placeOf, pointSizeOf } from './plotScene.js';
import type { Covered } from './room.js';
import { type Ink, Look } from './scatter.js';
import { ThumbnailLevels } from './thumbnailLevels.js';

export interface PlotEvents {
  /** Under the pointer, or where the keys have led. */
  onPoint(image: number | undefined): void;
  /** Clicked, or Enter. */
  onPin(image: number | undefined): void;
  onSelect(images: readonly number[], isAdded: boolean): void;
  /** Escape. */
  onLetGo(): void;
  onSearch(): void;
  onView(view: View, covered: Covered): void;
}

const LIMITS = { least: 0.5, most: 500, slack: 0.5 };

export class Plot {
  readonly element: HTMLElement;
  readonly #scene = emptyScene();
  readonly #scatter = createScatter(() => this.redraw());
  readonly #overlay = element('canvas', { class: 'overlay' });
  readonly #brush: CanvasRenderingContext2D;
  readonly #morph = new Morph();
  readonly #zoomable: Zoomable;
  readonly #pointer: PlotPointer;
  #legend: Coloring['legend'] | undefined;
  /** Where points gather, and so which thumbnails and names are seen, is out of date. */
  #isMoved = true;
  #isOnTheWay = false;
  /** Whose thumbnails come first. */
  #order = new Int32Array();
  #isDue = false;
  #theme = readTheme();

  /** @throws Error when the window has nothing to draw on */
  constructor(
    private readonly thumbnails: Thumbnails,
    private readonly events: PlotEvents,
  ) {
    const brush = this.#overlay.getContext('2d');
    if (brush === null) throw new Error(l10n.t('The window has no canvas to draw on.'));
    this.#brush = brush;
    const label = l10n.t(
      'Plot of the images. Arrow keys move between points, Enter shows the images that are most alike, Space selects, Control+A selects all, plus and minus zoom, 0 shows all, a slash searches, Escape lets go.',
    );
    const attributes = { class: 'stage', tabindex: '0', role: 'application', 'aria-label': label };
    this.element = element('div', attributes, this.#scatter.canvas, this.#overlay);
    this.#zoomable = new Zoomable(this.element, {
      ...LIMITS,
      pans: (event) => this.#pointer.pans(event),
      onChange: (view) => this.#look(view),
      onRest: (view) => events.onView(view, this.#scene.covered),
    });
    const onPoint = (image: number | undefined) => this.setPointed(image);
    this.#pointer = new PlotPointer(this.element, this.#scene, { ...events, onPoint, onRedraw: () => this.redraw() });
    listenToKeys(this.element, this.#scene, this.#zoomable, {
      ...events,
      onPoint,
      onEscape: () => this.#escape(),
      onFit: () => this.fit(),
    });
    this.element.addEventListener('dblclick', () => this.fit());
    new ResizeObserver(([entry]) => entry && this.#resize(entry.contentRect)).observe(this.element);
  }

  get positions(): Float32Array {
    return this.#scene.positions;
  }

  get size(): { readonly width: number; readonly height: number } {
    return this.#scene;
  }

  /** Where in the plot a point is, in pixels. */
  whereIs(image: number): Point {
    return placeOf(this.#scene, image);
  }

  /**
   * @param to [n, 2], fitted; moved from where the points are when `isSmooth`
   * @param isOnTheWay whether other places follow soon: the same images stay to be seen then
   */
  move(to: Float32Array, isSmooth: boolean, isOnTheWay = false): void {
    const { positions } = this.#scene;
    this.#isOnTheWay = isOnTheWay;
    const isStill = document.body.classList.contains('vscode-reduce-motion');
    if (isSmooth && !isStill && to.length === positions.length) this.#morph.begin(positions, to);
    else {
      this.#morph.end();
      this.#scene.positions = new Float32Array(to);
      this.#scatter.setPositions(this.#scene.positions);
    }
    this.#isMoved = true;
    this.redraw();
  }

  setColoring({ colors, shapes, legend }: Coloring): void {
    this.#scene.colors = new Uint8Array(colors);
    this.#scatter.setColors(colors, shapes);
    this.#legend = legend;
    this.#isMoved = true;
    this.redraw();
  }

  /**
   * @param isHidden by image: it is neither drawn nor found
   * @param matches what is searched; undefined: nothing is
   */
  setStates(
    selected: ReadonlySet<number>,
    isHidden: (image: number) => boolean,
    matches: ReadonlySet<number> | undefined,
  ): void {
    const scene = this.#scene;
    scene.selected = selected;
    const lookOf = (image: number): number => {
      if (isHidden(image)) return Look.hidden;
      if (selected.has(image)) return Look.selected;
      if (matches !== undefined) return matches.has(image) ? Look.lit : Look.faint;
      return selected.size > 0 ? Look.faint : Look.plain;
    };
    const count = scene.positions.length / 2;
    scene.looks = Uint8Array.from({ length: count }, (_, image) => lookOf(image));
    scene.found = scene.looks.map((look, image) =>
      look === Look.hidden || (matches !== undefined && !matches.has(image)) ? 0 : 1,
    );
    this.#scatter.setLooks(scene.looks);
    if (scene.pointed !== undefined && !isSeen(scene, scene.pointed)) this.setPointed(undefined);
    this.#isMoved = true;
    this.redraw();
  }

  /** As if the pointer were on it. */
  setPointed(image: number | undefined): void {
    if (image === this.#scene.pointed) return;
    this.#scene.pointed = image;
    this.events.onPoint(image);
    this.redraw();
  }

  /** The one that is looked at, and those that are joined to it by lines. */
  setPinned(image: number | undefined, neighbors: readonly number[]): void {
    this.#scene.pinned = image;
    this.#scene.neighbors = neighbors;
    this.redraw();
  }

  setTool(tool: Tool): void {
    this.#pointer.tool = tool;
    this.element.classList.toggle('selecting', tool !== 'pan');
  }

  setThumbnails(areShown: boolean): void {
    this.#scene.hasThumbnails = areShown;
    this.redraw();
  }

  /** @param covered when the view was told */
  show(view: View, covered: Covered): void {
    this.#scene.covered = covered;
    this.#zoomable.set(view);
    this.#look(view);
  }

  fit(): void {
    this.#scene.covered = this.#scene.floating;
    this.#zoomable.reset();
  }

  /** What floats over the plot has another size. What one has zoomed to stays where it is until all is shown again. */
  setCovered(covered: Covered): void {
    const scene = this.#scene;
    scene.floating = covered;
    const { k, x, y } = scene.view;
    if (k === WHOLE.k && x === WHOLE.x && y === WHOLE.y) scene.covered = covered;
    this.#look(scene.view);
  }

  /** The theme is another one. */
  changeTheme(): void {
    this.#theme = readTheme();
    this.redraw();
  }

  redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  /** As it is seen, on the theme's background. */
  async image(): Promise<ArrayBuffer> {
    // The points are only there until the browser has shown them.
    this.#draw();
    const { width, height } = this.#overlay;
    const whole = element('canvas', { width: `${width}`, height: `${height}` });
    const context = whole.getContext('2d');
    if (context === null) throw new Error(l10n.t('The window has no canvas to draw on.'));
    context.fillStyle = this.#theme.background;
    context.fillRect(0, 0, width, height);
    context.drawImage(this.#scatter.canvas, 0, 0, width, height);
    context.drawImage(this.#overlay, 0, 0);
    const blob = await new Promise<Blob | null>((done) => whole.toBlob(done, 'image/png'));
    if (blob === null) throw new Error(l10n.t('The image could not be made.'));
    return blob.arrayBuffer();
  }

  #draw(): void {
    const scene = this.#scene;
    if (this.#morph.isMoving) {
      this.#morph.step(scene.positions);
      this.#scatter.setPositions(scene.positions);
      this.redraw();
    } else if (this.#isMoved) this.#gather();
    this.#scatter.draw(placementOf(scene), pointSizeOf(scene), inkOf(this.#theme));
    drawOverlay(this.#brush, this.#overlay.width / scene.width, scene, this.#theme, this.thumbnails);
  }

  /** Finds anew where points gather: which images are the most typical, and where names stand. */
  #gather(): void {
    this.#isMoved = false;
    const scene = this.#scene;
    const found = foundIn(scene);
    scene.marks = clusterMarks(scene.positions, found, this.#legend);
    const typical = typicalFirst(scene.positions, found, densityOf(scene.positions, found));
    if (!this.#isOnTheWay || typical.length !== this.#order.length) this.#order = this.#mostWantedFirst(typical);
    const reserved = roomOfNames(this.#brush, scene, this.#theme);
    scene.levels = new ThumbnailLevels(scene.positions, this.#order, reserved);
  }

  /** What is selected and what stands for a cluster comes before the others. */
  #mostWantedFirst(typical: Int32Array): Int32Array<ArrayBuffer> {
    const { selected, marks } = this.#scene;
    const isWanted = (image: number): boolean => selected.has(image) || marks.images.includes(image);
    const order = new Int32Array(typical.length);
    const wanted = typical.filter(isWanted);
    order.set(wanted);
    order.set(
      typical.filter((image) => !isWanted(image)),
      wanted.length,
    );
    return order;
  }

  #look(view: View): void {
    this.#scene.view = view;
    // Its card goes with it.
    if (this.#scene.pointed !== undefined) this.events.onPoint(this.#scene.pointed);
    this.redraw();
  }

  #escape(): void {
    if (this.#pointer.letGo()) return;
    this.setPointed(undefined);
    this.events.onLetGo();
  }

  #resize({ width, height }: DOMRectReadOnly): void {
    if (width === 0) return;
    Object.assign(this.#scene, { width, height });
    const ratio = window.devicePixelRatio;
    this.#scatter.resize(width, height, ratio);
    this.#overlay.width = Math.round(width * ratio);
    this.#overlay.height = Math.round(height * ratio);
    this.#draw();
  }
}

function inkOf({ kind, background }: Theme): Ink {
  const { r, g, b } = rgb(background);
  return { outline: kind === 'light' ? [0, 0, 0] : [255, 255, 255], background: [r, g, b] };
}
