/** What keys do while the plot has the focus. */
import type { Zoomable } from '../shared/zoomable.js';
import { pointAt, pointBeside } from './geometry.js';
import { foundIn, isFound, isThere, type PlotScene, placementOf, placeOf } from './plotScene.js';

export interface KeyEvents {
  onPoint(image: number | undefined): void;
  onPin(image: number | undefined): void;
  onSelect(images: readonly number[], isAdded: boolean): void;
  /** Lets go of what was last taken hold of. */
  onEscape(): void;
  onSearch(): void;
  /** Shows all. */
  onFit(): void;
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const ZOOM = 1.4;
/** A point that is reached is so far inside the plot, in pixels. */
const EDGE_PX = 40;

export function listenToKeys(stage: HTMLElement, scene: PlotScene, zoomable: Zoomable, events: KeyEvents): void {
  const act = keysOf(scene, zoomable, events);
  stage.addEventListener('keydown', (event) => {
    const isAll = event.key === 'a' && (event.ctrlKey || event.metaKey);
    const direction = DIRECTIONS[event.key];
    if (isAll) events.onSelect([...foundIn(scene)], false);
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (direction !== undefined) step(direction, scene, zoomable, events);
    else if (act[event.key] === undefined) return;
    else act[event.key]?.();
    event.preventDefault();
  });
}

const keysOf = (
  scene: PlotScene,
  zoomable: Zoomable,
  events: KeyEvents,
): Readonly<Record<string, (() => void) | undefined>> => ({
  Enter: () => events.onPin(scene.pointed),
  ' ': () => {
    if (scene.pointed !== undefined) events.onSelect([scene.pointed], true);
  },
  Escape: () => events.onEscape(),
  '+': () => zoomable.zoomBy(ZOOM),
  '=': () => zoomable.zoomBy(ZOOM),
  '-': () => zoomable.zoomBy(1 / ZOOM),
  '0': () => events.onFit(),
  '/': () => events.onSearch(),
});

/** To the nearest point that way; the first key finds the one in the middle. */
function step(direction: readonly [number, number], scene: PlotScene, zoomable: Zoomable, events: KeyEvents): void {
  const counts = (image: number): boolean => isFound(scene, image);
  const current = [scene.pointed, scene.pinned].find((image) => isThere(scene, image) && counts(image));
  const { positions, width, height } = scene;
  const next =
    current === undefined
      ? pointAt(positions, placementOf(scene), width / 2, height / 2, Infinity, counts)
      : (pointBeside(positions, current, direction, counts) ?? current);
  if (next === undefined) return;
  events.onPoint(next);
  bringIntoView(next, scene, zoomable);
}

function bringIntoView(image: number, scene: PlotScene, zoomable: Zoomable): void {
  const { x, y } = placeOf(scene, image);
  const outside = (value: number, end: number): number =>
    value < EDGE_PX ? EDGE_PX - value : Math.min(0, end - EDGE_PX - value);
  const [right, down] = [outside(x, scene.width), outside(y, scene.height)];
  if (right !== 0 || down !== 0) zoomable.panBy({ x: right / scene.width, y: down / scene.height });
}
