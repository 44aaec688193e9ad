/** The plot itself: points, images on them, pointer, lasso and keys. What they mean is the page's matter. */
import * as l10n from '@vscode/l10n';
import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity } from 'd3-zoom';
import { element } from '../shared/element.js';
import { readTheme } from '../shared/theme.js';
import { THUMBNAIL_SIDE, type Thumbnails } from '../shared/thumbnails.js';
import { type Placement, pointAt, pointBeside, pointsInside, toScreen } from './geometry.js';
import { createScatter } from './lastingScatter.js';
import { Look } from './scatter.js';

export interface PlotEvents {
  /** Under the pointer, or where the keys have led. */
  onPoint(image: number | undefined): void;
  /** Clicked, or Enter. */
  onPin(image: number | undefined): void;
  onSelect(images: readonly number[], isAdded: boolean): void;
  onZoom(transform: { readonly k: number; readonly x: number; readonly y: number }): void;
}

export interface Plot {
  readonly element: HTMLElement;
  /** @param positions [n, 2], fitted; moved from where the points are when `isSmooth` */
  move(positions: Float32Array, isSmooth: boolean): void;
  setColors(colors: Uint8Array, shapes: Uint8Array): void;
  /** @param selected, hidden by image; a hidden one is neither drawn nor found */
  setStates(selected: ReadonlySet<number>, isHidden: (image: number) => boolean): void;
  /** As if the pointer were on it. */
  setPointed(image: number | undefined): void;
  /** The one that is looked at, and those that are joined to it by lines. */
  setPinned(image: number | undefined, neighbors: readonly number[]): void;
  setLasso(isOn: boolean): void;
  setThumbnails(areShown: boolean): void;
  zoomTo(transform: { readonly k: number; readonly x: number; readonly y: number }): void;
  fit(): void;
  redraw(): void;
  /** As it is seen, on the theme's background. */
  image(): Promise<ArrayBuffer>;
  readonly positions: Float32Array;
  readonly placement: Placement;
  /** Of the canvas, where a point is. */
  whereIs(image: number): { readonly x: number; readonly y: number };
}

const MORPH_MS = 450;
/** Images are drawn on the points when no more than these are in view. */
const MOST_THUMBNAILS = 250;
/** Of the image that is pointed at or looked at. */
const FRONT_SIDE = 48;
const REACH_PX = 14;
const CLICK_PX = 4;
const MARGIN = 0.92;
const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 500;

/** @throws Error when the window has nothing to draw on */
export function createPlot(thumbnails: Thumbnails, events: PlotEvents): Plot {
  const scatter = createScatter(() => redraw());
  const overlay = element('canvas', { class: 'overlay' });
  const stage = element(
    'div',
    {
      class: 'stage',
      tabindex: '0',
      role: 'application',
      'aria-label': l10n.t(
        'Plot of the images. Arrow keys move between points, Enter shows the image, Space selects it, plus and minus zoom, 0 shows all, Escape clears the selection.',
      ),
    },
    scatter.canvas,
    overlay,
  );
  const brush = overlay.getContext('2d');
  if (brush === null) throw new Error(l10n.t('The window has no canvas to draw on.'));

  let positions = new Float32Array();
  let colors = new Uint8Array();
  let looks = new Uint8Array();
  let selected: ReadonlySet<number> = new Set();
  let pinned: number | undefined;
  let neighbors: readonly number[] = [];
  let pointed: number | undefined;
  let lassoLine: { x: number; y: number }[] | undefined;
  let isLasso = false;
  let hasThumbnails = true;
  let transform: ZoomTransform = zoomIdentity;
  let morph: { readonly from: Float32Array; readonly to: Float32Array; readonly began: number } | undefined;
  let [width, height] = [1, 1];

  const isSeen = (image: number): boolean => looks[image] !== Look.hidden;
  const placement = (): Placement => ({
    scale: (Math.min(width, height) / 2) * MARGIN * transform.k,
    centerX: (width / 2) * transform.k + transform.x,
    centerY: (height / 2) * transform.k + transform.y,
  });
  /** Few points are drawn large, many small; closer ones larger. */
  const pointSize = (): number =>
    Math.max(3, Math.min(12, 90 / Math.sqrt(positions.length / 2 + 1))) * Math.min(2, transform.k ** 0.25) + 1;

  let isDue = false;
  function redraw(): void {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  }

  function draw(): void {
    if (morph !== undefined) {
      const share = Math.min(1, (performance.now() - morph.began) / MORPH_MS);
      const eased = share * share * (3 - 2 * share);
      const { from, to } = morph;
      for (let at = 0; at < positions.length; at++)
        positions[at] = (from[at] as number) + eased * ((to[at] as number) - (from[at] as number));
      scatter.setPositions(positions);
      if (share < 1) redraw();
      else morph = undefined;
    }
    const theme = readTheme();
    scatter.draw(placement(), pointSize(), theme.kind === 'light' ? [0, 0, 0] : [1, 1, 1]);
    drawOverlay();
  }

  function drawOverlay(): void {
    if (brush === null) return;
    const theme = readTheme();
    const ratio = overlay.width / width;
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    const placed = placement();
    const at = (image: number) => toScreen(positions, image, placed);
    if (pinned !== undefined && pinned * 2 < positions.length) {
      const center = at(pinned);
      brush.strokeStyle = theme.foreground;
      brush.globalAlpha = 0.6;
      brush.lineWidth = 1;
      for (const neighbor of neighbors) {
        if (!isSeen(neighbor)) continue;
        const end = at(neighbor);
        brush.beginPath();
        brush.moveTo(center.x, center.y);
        brush.lineTo(end.x, end.y);
        brush.stroke();
      }
      brush.globalAlpha = 1;
    }
    drawThumbnails(placed);
    for (const image of [pinned, pointed]) {
      if (image === undefined || image * 2 >= positions.length || !isSeen(image)) continue;
      const { x, y } = at(image);
      const thumbnail = hasThumbnails ? thumbnails.get(image) : undefined;
      brush.beginPath();
      if (thumbnail === undefined) brush.arc(x, y, pointSize() / 2 + 3, 0, 2 * Math.PI);
      else brush.rect(x - FRONT_SIDE / 2 - 2, y - FRONT_SIDE / 2 - 2, FRONT_SIDE + 4, FRONT_SIDE + 4);
      brush.fillStyle = colorOf(image);
      brush.fill();
      brush.lineWidth = 2;
      brush.strokeStyle = theme.foreground;
      brush.stroke();
      if (thumbnail !== undefined)
        brush.drawImage(thumbnail, x - FRONT_SIDE / 2, y - FRONT_SIDE / 2, FRONT_SIDE, FRONT_SIDE);
    }
    if (lassoLine !== undefined) {
      brush.beginPath();
      for (const { x, y } of lassoLine) brush.lineTo(x, y);
      brush.closePath();
      brush.fillStyle = theme.foreground;
      brush.globalAlpha = 0.12;
      brush.fill();
      brush.globalAlpha = 1;
      brush.setLineDash([4, 3]);
      brush.strokeStyle = theme.foreground;
      brush.lineWidth = 1.5;
      brush.stroke();
      brush.setLineDash([]);
    }
  }

  const colorOf = (image: number): string =>
    `rgb(${colors[3 * image] ?? 128}, ${colors[3 * image + 1] ?? 128}, ${colors[3 * image + 2] ?? 128})`;

  function drawThumbnails(placed: Placement): void {
    if (!hasThumbnails || brush === null || morph !== undefined) return;
    const inView: number[] = [];
    for (let image = 0; 2 * image < positions.length; image++) {
      if (!isSeen(image)) continue;
      const { x, y } = toScreen(positions, image, placed);
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
      inView.push(image);
      if (inView.length > MOST_THUMBNAILS) return;
    }
    const side = Math.max(18, Math.min(THUMBNAIL_SIDE, Math.sqrt((width * height) / (inView.length + 1)) * 0.45));
    for (const image of inView) {
      const thumbnail = thumbnails.get(image);
      if (thumbnail === undefined) continue;
      const { x, y } = toScreen(positions, image, placed);
      const border = selected.has(image) ? 4 : 2;
      brush.fillStyle = colorOf(image);
      brush.fillRect(x - side / 2 - border, y - side / 2 - border, side + 2 * border, side + 2 * border);
      brush.drawImage(thumbnail, x - side / 2, y - side / 2, side, side);
    }
    thumbnails.wish('plot', inView);
  }

  const behavior = zoom<HTMLElement, unknown>()
    .scaleExtent([LEAST_ZOOM, MOST_ZOOM])
    // The right button has the menu; a lasso is drawn where the plot would be moved.
    .filter((event: MouseEvent) => event.type === 'wheel' || (event.button === 0 && !isLasso && !event.shiftKey))
    .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
      transform = event.transform;
      if (pointed !== undefined) events.onPoint(pointed);
      redraw();
    })
    .on('end', () => events.onZoom(transform));
  const zoomable = select<HTMLElement, unknown>(stage).call(behavior).on('dblclick.zoom', null);

  const local = (event: MouseEvent) => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const point = (image: number | undefined): void => {
    if (image === pointed) return;
    pointed = image;
    events.onPoint(image);
    redraw();
  };
  let pressed: { x: number; y: number } | undefined;
  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pressed = local(event);
    stage.focus({ preventScroll: true });
    if (!isLasso && !event.shiftKey) return;
    lassoLine = [pressed];
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    const { x, y } = local(event);
    if (lassoLine !== undefined) {
      lassoLine.push({ x, y });
      redraw();
    } else if (event.buttons === 0) {
      point(pointAt(positions, placement(), x, y, REACH_PX, isSeen));
    }
  });
  const release = (event: PointerEvent, isCancelled: boolean): void => {
    const at = local(event);
    const line = lassoLine;
    lassoLine = undefined;
    const moved = pressed === undefined ? 0 : Math.hypot(at.x - pressed.x, at.y - pressed.y);
    const isClick = pressed !== undefined && moved < CLICK_PX && (line?.length ?? 0) < 8;
    pressed = undefined;
    redraw();
    if (isCancelled || event.button !== 0) return;
    if (isClick) {
      const image = pointAt(positions, placement(), at.x, at.y, REACH_PX, isSeen);
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        if (image !== undefined) events.onSelect([image], true);
      } else events.onPin(image);
    } else if (line !== undefined) {
      events.onSelect(pointsInside(positions, placement(), line, isSeen), event.ctrlKey || event.metaKey);
    }
  };
  stage.addEventListener('pointerup', (event) => release(event, false));
  stage.addEventListener('pointercancel', (event) => release(event, true));
  stage.addEventListener('pointerleave', () => {
    if (lassoLine === undefined) point(undefined);
  });

  const directions: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  };
  stage.addEventListener('keydown', (event) => {
    const direction = directions[event.key];
    const current = [pointed, pinned].find((image) => image !== undefined && isSeen(image));
    if (direction !== undefined) {
      const from = current ?? pointAt(positions, placement(), width / 2, height / 2, Infinity, isSeen);
      if (from === undefined) return;
      point(current === undefined ? from : (pointBeside(positions, from, direction, isSeen) ?? from));
      bringIntoView();
    } else if (event.key === 'Enter') events.onPin(pointed);
    else if (event.key === ' ' && pointed !== undefined) events.onSelect([pointed], true);
    else if (event.key === 'Escape') {
      point(undefined);
      events.onPin(undefined);
      events.onSelect([], false);
    } else if (event.key === '+' || event.key === '=') zoomable.call(behavior.scaleBy, 1.4);
    else if (event.key === '-') zoomable.call(behavior.scaleBy, 1 / 1.4);
    else if (event.key === '0') zoomable.call(behavior.transform, zoomIdentity);
    else return;
    event.preventDefault();
  });

  function bringIntoView(): void {
    if (pointed === undefined) return;
    const { x, y } = toScreen(positions, pointed, placement());
    const outside = (value: number, end: number) => (value < 20 ? 20 - value : value > end - 20 ? end - 20 - value : 0);
    const [dx, dy] = [outside(x, width), outside(y, height)];
    if (dx !== 0 || dy !== 0) zoomable.call(behavior.translateBy, dx / transform.k, dy / transform.k);
  }

  new ResizeObserver(([entry]) => {
    if (entry === undefined || entry.contentRect.width === 0) return;
    const before = { width, height };
    ({ width, height } = entry.contentRect);
    const ratio = window.devicePixelRatio;
    scatter.resize(width, height, ratio);
    overlay.width = Math.round(width * ratio);
    overlay.height = Math.round(height * ratio);
    // What was in the middle stays there.
    if (before.width > 1 && transform.k !== 1) {
      const { k, x, y } = transform;
      const shift = (was: number, is: number, moved: number) =>
        ((moved - (was / 2) * (1 - k)) * is) / was + (is / 2) * (1 - k);
      zoomable.call(
        behavior.transform,
        zoomIdentity.translate(shift(before.width, width, x), shift(before.height, height, y)).scale(k),
      );
    }
    draw();
  }).observe(stage);

  return {
    element: stage,
    move(to, isSmooth) {
      const isStill = document.body.classList.contains('vscode-reduce-motion');
      if (isSmooth && !isStill && to.length === positions.length) {
        morph = { from: positions.slice(), to, began: performance.now() };
      } else {
        morph = undefined;
        positions = new Float32Array(to);
        scatter.setPositions(positions);
      }
      redraw();
    },
    setColors(given, shapes) {
      colors = new Uint8Array(given);
      scatter.setColors(given, shapes);
      redraw();
    },
    setStates(chosen, isHidden) {
      selected = chosen;
      looks = Uint8Array.from({ length: positions.length / 2 }, (_, image) => {
        if (isHidden(image)) return Look.hidden;
        if (chosen.has(image)) return Look.selected;
        return chosen.size > 0 ? Look.faint : Look.plain;
      });
      scatter.setLooks(looks);
      if (pointed !== undefined && !isSeen(pointed)) point(undefined);
      redraw();
    },
    setPointed: point,
    setPinned(image, joined) {
      pinned = image;
      neighbors = joined;
      redraw();
    },
    setLasso(isOn) {
      isLasso = isOn;
      stage.classList.toggle('lasso', isOn);
    },
    setThumbnails(areShown) {
      hasThumbnails = areShown;
      redraw();
    },
    zoomTo({ k, x, y }) {
      zoomable.call(behavior.transform, zoomIdentity.translate(x, y).scale(k));
    },
    fit() {
      zoomable.call(behavior.transform, zoomIdentity);
    },
    redraw,
    async image() {
      // The points are only there until the browser has shown them.
      draw();
      const whole = element('canvas', { width: `${overlay.width}`, height: `${overlay.height}` });
      const context = whole.getContext('2d');
      if (context === null) throw new Error(l10n.t('The window has no canvas to draw on.'));
      context.fillStyle = readTheme().background;
      context.fillRect(0, 0, whole.width, whole.height);
      context.drawImage(scatter.canvas, 0, 0, whole.width, whole.height);
      context.drawImage(overlay, 0, 0);
      const blob = await new Promise<Blob | null>((done) => {
        whole.toBlob(done, 'image/png');
      });
      if (blob === null) throw new Error(l10n.t('The image could not be made.'));
      return blob.arrayBuffer();
    },
    get positions() {
      return positions;
    },
    get placement() {
      return placement();
    },
    whereIs: (image) => toScreen(positions, image, placement()),
  };
}
