/** The pointer over the plot: it finds points, a click pins or selects one, a drag with a tool selects many. */
import type { Point } from '../shared/view.js';
import { pointAt, pointsInside } from './geometry.js';
import { isFound, type PlotScene, placementOf } from './plotScene.js';

/** What a drag does. */
export type Tool = 'pan' | 'box' | 'lasso';

export interface PointerEvents {
  onPoint(image: number | undefined): void;
  onPin(image: number | undefined): void;
  onSelect(images: readonly number[], isAdded: boolean): void;
  onRedraw(): void;
}

const REACH_PX = 14;
const CLICK_PX = 4;

export class PlotPointer {
  tool: Tool = 'pan';
  #pressed: Point | undefined;
  /** With Shift a drag is a lasso, whatever the tool is. */
  #drawing: 'box' | 'lasso' | undefined;

  constructor(
    private readonly stage: HTMLElement,
    private readonly scene: PlotScene,
    private readonly events: PointerEvents,
  ) {
    stage.addEventListener('pointerdown', (event) => this.#press(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', (event) => this.#release(event));
    stage.addEventListener('pointercancel', () => this.letGo());
    stage.addEventListener('pointerleave', () => {
      if (this.#drawing === undefined) events.onPoint(undefined);
    });
  }

  /** Whether a press there moves the plot. */
  pans(event: MouseEvent): boolean {
    return this.tool === 'pan' && !event.shiftKey;
  }

  /** Ends what is being drawn. @returns whether something was */
  letGo(): boolean {
    const was = this.#drawing !== undefined;
    this.#drawing = undefined;
    this.#pressed = undefined;
    this.scene.outline = undefined;
    this.events.onRedraw();
    return was;
  }

  at({ x, y }: Point): number | undefined {
    return pointAt(this.scene.positions, placementOf(this.scene), x, y, REACH_PX, (image) =>
      isFound(this.scene, image),
    );
  }

  #local(event: MouseEvent): Point {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#pressed = this.#local(event);
    this.stage.focus({ preventScroll: true });
    if (this.pans(event)) return;
    this.#drawing = this.tool === 'box' ? 'box' : 'lasso';
    this.scene.outline = [this.#pressed];
    this.stage.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const at = this.#local(event);
    if (this.#drawing !== undefined && this.#pressed !== undefined) {
      this.scene.outline = this.#drawing === 'box' ? corners(this.#pressed, at) : [...(this.scene.outline ?? []), at];
      this.events.onRedraw();
    } else if (event.buttons === 0) {
      this.events.onPoint(this.at(at));
    }
  }

  #release(event: PointerEvent): void {
    const at = this.#local(event);
    const [pressed, { outline }] = [this.#pressed, this.scene];
    this.letGo();
    if (event.button !== 0 || pressed === undefined) return;
    const isAdded = event.ctrlKey || event.metaKey;
    if (Math.hypot(at.x - pressed.x, at.y - pressed.y) < CLICK_PX && (outline?.length ?? 0) < 8)
      this.#click(at, isAdded || event.shiftKey);
    else if (outline !== undefined) {
      const { scene } = this;
      const inside = pointsInside(scene.positions, placementOf(scene), outline, (image) => isFound(scene, image));
      this.events.onSelect(inside, isAdded);
    }
  }

  #click(at: Point, selects: boolean): void {
    const image = this.at(at);
    if (!selects) this.events.onPin(image);
    else if (image !== undefined) this.events.onSelect([image], true);
  }
}

const corners = (one: Point, other: Point): Point[] => [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }];
