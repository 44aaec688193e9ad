/** How a run's loss has gone, as a small chart for a tooltip. */

import { metricsFile } from '../runs/run.js';
import { RunCurves } from '../runs/runCurves.js';

/** Points are enough for so few pixels; an even number, as a curve wants it. */
const POINTS = 80;
const WIDTH = 240;
const HEIGHT = 48;
const MARGIN = 3;
/** Seen on light and dark, as the tooltip's colors are not known here. */
const COLOR = '#3794ff';

/** Read on from where reading ended, each time it is asked for. */
export class LossTrend {
  readonly #curves: RunCurves;
  #losses: number[] = [];

  constructor(dir: string) {
    this.#curves = new RunCurves(metricsFile(dir), ['loss'], 1, POINTS);
  }

  /** Means over stretches of equally many steps, the oldest first. @throws Error naming the file, when it cannot be read */
  async read(): Promise<readonly number[]> {
    const change = await this.#curves.read();
    if (change !== undefined) this.#losses = [...this.#losses.slice(0, change.from), ...(change.columns['loss'] ?? [])];
    return this.#losses.filter(Number.isFinite);
  }
}

/** As the address of an SVG image. @param values at least two */
export function trendImage(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (place: number) => MARGIN + (place / (values.length - 1)) * (WIDTH - 2 * MARGIN);
  const y = (value: number) =>
    most > least ? MARGIN + ((most - value) / (most - least)) * (HEIGHT - 2 * MARGIN) : HEIGHT / 2;
  const points = values.map((value, place) => `${x(place).toFixed(1)},${y(value).toFixed(1)}`);
  const last = points.at(-1)?.split(',') ?? [];
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="${COLOR}" stroke-width="1.5" stroke-linejoin="round"/>`,
    `<circle cx="${last[0]}" cy="${last[1]}" r="2.5" fill="${COLOR}"/></svg>`,
  ].join('');
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
