/** What lies over the points: thumbnails, names of clusters, lines to neighbors, and the line of a selection. */
import type { Theme } from '../shared/theme.js';
import type { Thumbnails } from '../shared/thumbnails.js';
import type { Point } from '../shared/view.js';
import { type Placement, toScreen } from './geometry.js';
import { isSeen, isThere, type PlotScene, placementOf, pointSizeOf } from './plotScene.js';
import { Look } from './scatter.js';
import { levelAt, type Reserved, sideAt } from './thumbnailLevels.js';

/** Of the image that is pointed at or looked at. */
const FRONT_SIDE = 56;
/** Of the most typical image of a cluster, far out. */
const LANDMARK_SIDE = 60;
const NAME_PX = 14;
const NAME_GAP = 4;
/** Of an image that is not meant. */
const FAINT = 0.25;

interface Drawing {
  readonly brush: CanvasRenderingContext2D;
  readonly scene: PlotScene;
  readonly placement: Placement;
  readonly theme: Theme;
  readonly thumbnails: Thumbnails;
}

/** @param ratio pixels of the canvas in one of the page's */
export function drawOverlay(
  brush: CanvasRenderingContext2D,
  ratio: number,
  scene: PlotScene,
  theme: Theme,
  thumbnails: Thumbnails,
): void {
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, scene.width, scene.height);
  const drawing = { brush, scene, placement: placementOf(scene), theme, thumbnails };
  drawThumbnails(drawing);
  drawNames(drawing);
  drawNeighbors(drawing);
  for (const image of [scene.pinned, scene.pointed]) if (isThere(scene, image)) drawFront(drawing, image);
  drawOutline(drawing);
}

const colorOf = ({ colors }: PlotScene, image: number): string =>
  `rgb(${colors[3 * image] ?? 128}, ${colors[3 * image + 1] ?? 128}, ${colors[3 * image + 2] ?? 128})`;

function drawThumbnails({ brush, scene, placement, thumbnails, theme }: Drawing): void {
  const { levels, hasThumbnails, width, height, looks, selected, marks } = scene;
  if (!hasThumbnails || levels === undefined) return;
  const level = levelAt(placement.scale);
  const landmarks = new Set(marks.images);
  const usual = sideAt(level);
  const wished: number[] = [];
  for (const image of levels.at(level)) {
    const { x, y } = toScreen(scene.positions, image, placement);
    const isLandmark = landmarks.has(image);
    const side = isLandmark ? Math.max(usual, LANDMARK_SIDE) : usual;
    if (x < -side || y < -side || x > width + side || y > height + side || !isSeen(scene, image)) continue;
    const half = side / 2;
    wished.push(image);
    const thumbnail = thumbnails.get(image);
    if (thumbnail === undefined) continue;
    const border = selected.has(image) ? 4 : 2;
    brush.globalAlpha = looks[image] === Look.faint ? FAINT : 1;
    brush.fillStyle = isLandmark && marks.names.length === 0 ? theme.foreground : colorOf(scene, image);
    brush.fillRect(x - half - border, y - half - border, side + 2 * border, side + 2 * border);
    brush.drawImage(thumbnail, x - half, y - half, side, side);
  }
  brush.globalAlpha = 1;
  thumbnails.wish('plot', wished);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;

/** What names take up, at any zoom: no thumbnail lies under one. */
export function roomOfNames(brush: CanvasRenderingContext2D, { marks }: PlotScene, theme: Theme): Reserved[] {
  brush.font = nameFont(theme);
  return marks.names.map(({ name, x, y }) => {
    const halfWidth = brush.measureText(name).width / 2 + NAME_GAP;
    return { x, y, halfWidth, halfHeight: NAME_PX / 2 + 2 };
  });
}

const nameFont = ({ font }: Theme): string => `600 ${NAME_PX}px ${font}`;

/** The largest first; one that would lie on another waits until one zooms in. */
function drawNames({ brush, scene, placement, theme }: Drawing): void {
  brush.font = nameFont(theme);
  brush.textAlign = 'center';
  brush.textBaseline = 'middle';
  brush.lineJoin = 'round';
  brush.strokeStyle = theme.background;
  brush.lineWidth = 4;
  brush.fillStyle = theme.foreground;
  const drawn: Box[] = [];
  for (const { name, x, y } of scene.marks.names) {
    const half = brush.measureText(name).width / 2 + NAME_GAP;
    const at = broughtIn(toScreen(Float32Array.of(x, y), 0, placement), half, scene);
    const box = { left: at.x - half, right: at.x + half, top: at.y - NAME_PX, bottom: at.y + NAME_PX };
    if (drawn.some((other) => overlap(other, box))) continue;
    drawn.push(box);
    brush.strokeText(name, at.x, at.y);
    brush.fillText(name, at.x, at.y);
  }
}

/** A name at the edge of the plot or of the legend is moved in, as far as there is room for it; one outside stays outside. */
function broughtIn({ x, y }: Point, half: number, { width, floating }: PlotScene): Point {
  const left = y < floating.bottom && x >= floating.right ? floating.right : 0;
  if (x < left || x > width || 2 * half > width - left) return { x, y };
  return { x: Math.min(Math.max(x, left + half), width - half), y };
}

function drawNeighbors({ brush, scene, placement, theme }: Drawing): void {
  const { pinned, neighbors, positions } = scene;
  if (!isThere(scene, pinned)) return;
  const center = toScreen(positions, pinned, placement);
  brush.strokeStyle = theme.foreground;
  brush.globalAlpha = 0.6;
  brush.lineWidth = 1;
  for (const neighbor of neighbors) {
    if (!isThere(scene, neighbor)) continue;
    const end = toScreen(positions, neighbor, placement);
    brush.beginPath();
    brush.moveTo(center.x, center.y);
    brush.lineTo(end.x, end.y);
    brush.stroke();
  }
  brush.globalAlpha = 1;
}

function drawFront({ brush, scene, placement, theme, thumbnails }: Drawing, image: number): void {
  const { x, y } = toScreen(scene.positions, image, placement);
  const thumbnail = scene.hasThumbnails ? thumbnails.get(image) : undefined;
  const corner = -FRONT_SIDE / 2;
  brush.beginPath();
  if (thumbnail === undefined) brush.arc(x, y, pointSizeOf(scene) / 2 + 3, 0, 2 * Math.PI);
  else brush.rect(x + corner - 2, y + corner - 2, FRONT_SIDE + 4, FRONT_SIDE + 4);
  brush.fillStyle = colorOf(scene, image);
  brush.fill();
  brush.lineWidth = 2;
  brush.strokeStyle = theme.foreground;
  brush.stroke();
  if (thumbnail !== undefined) brush.drawImage(thumbnail, x + corner, y + corner, FRONT_SIDE, FRONT_SIDE);
}

function drawOutline({ brush, scene: { outline }, theme }: Drawing): void {
  if (outline === undefined) return;
  brush.beginPath();
  for (const { x, y } of outline) brush.lineTo(x, y);
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
