/** All charts that are shown, as one image with their titles and the names of the runs. */
import * as l10n from '@vscode/l10n';
import type { Theme } from '../shared/theme.js';
import { type NamedColor, runLook } from './series.js';

const GAP = 18;
const LINE = 24;

export interface ImagePart {
  readonly title: string;
  /** What the x axis is. */
  readonly along: string;
  readonly canvas: HTMLCanvasElement;
}

/** @param columns how many stand side by side @throws Error when the browser cannot make a PNG of it */
export async function imageOf(
  parts: readonly ImagePart[],
  columns: number,
  runs: readonly NamedColor[],
  theme: Theme,
): Promise<ArrayBuffer> {
  const scale = window.devicePixelRatio;
  const [width, height] = [parts[0]?.canvas.clientWidth ?? 400, parts[0]?.canvas.clientHeight ?? 240];
  const rows = Math.ceil(parts.length / columns);
  const legendHeight = LINE * runs.length + GAP;
  const canvas = document.createElement('canvas');
  canvas.width = scale * (GAP + columns * (width + GAP));
  canvas.height = scale * (GAP + legendHeight + rows * (LINE + height + GAP));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error(l10n.t('The image cannot be drawn here.'));
  context.scale(scale, scale);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `13px ${theme.font}`;
  context.textBaseline = 'middle';
  runs.forEach(({ name, color, look }, i) => {
    const y = GAP + LINE * (i + 0.5);
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.setLineDash(runLook(look).dash);
    context.beginPath();
    context.moveTo(GAP, y);
    context.lineTo(GAP + 40, y);
    context.stroke();
    context.fillStyle = theme.foreground;
    context.fillText(name, GAP + 50, y);
  });
  parts.forEach((part, i) => {
    const x = GAP + (i % columns) * (width + GAP);
    const y = GAP + legendHeight + Math.floor(i / columns) * (LINE + height + GAP);
    context.fillStyle = theme.foreground;
    context.fillText(part.title, x, y + LINE / 2);
    context.drawImage(part.canvas, x, y + LINE, width, height);
    // Between this chart and the one below.
    const along = x + (width - context.measureText(part.along).width) / 2;
    context.fillText(part.along, along, y + LINE + height + GAP / 2);
  });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error(l10n.t('The image is too large to be saved.'));
  return blob.arrayBuffer();
}
