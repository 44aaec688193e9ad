/** All charts that are shown, as one SVG: lines and words that can be edited and printed at any size. Pure: no DOM. */
import { type NamedColor, runLook } from './series.js';

export interface DrawnAxis {
  readonly title: string;
  /** In pixels along the axis. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** What stands on a chart's canvas; all places in its pixels. */
export interface DrawnChart {
  readonly width: number;
  readonly height: number;
  /** Where the lines are drawn. */
  readonly area: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  readonly x: DrawnAxis;
  readonly y: DrawnAxis;
  /** From the lowest to the topmost. */
  readonly lines: readonly {
    readonly points: readonly (readonly [x: number, y: number])[];
    readonly color: string;
    readonly width: number;
    readonly dash: readonly number[];
  }[];
}

export interface SvgLook {
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly grid: string;
  readonly font: string;
}

const GAP = 18;
const LINE = 24;

/** @param columns how many stand side by side */
export function svgOf(
  charts: readonly { readonly title: string; readonly drawn: DrawnChart }[],
  columns: number,
  runs: readonly NamedColor[],
  look: SvgLook,
): string {
  const { width = 400, height = 240 } = charts[0]?.drawn ?? {};
  const legendHeight = LINE * runs.length + GAP;
  const total = {
    width: GAP + columns * (width + GAP),
    height: GAP + legendHeight + Math.ceil(charts.length / columns) * (LINE + height + GAP),
  };
  const legend = runs.map(({ name, color, look: run }, i) => {
    const y = GAP + LINE * (i + 0.5);
    const dash = runLook(run).dash;
    return `<line x1="${GAP}" x2="${GAP + 40}" y1="${y}" y2="${y}"${stroke(color, 2, dash)}/>${text(GAP + 50, y, name, look.foreground)}`;
  });
  const parts = charts.map(({ title, drawn }, i) => {
    const x = GAP + (i % columns) * (width + GAP);
    const y = GAP + legendHeight + Math.floor(i / columns) * (LINE + height + GAP);
    return `<g transform="translate(${x} ${y})">${text(0, LINE / 2, titleOf(title, drawn.y.title), look.foreground)}<g transform="translate(0 ${LINE})">${chart(drawn, `area${i}`, look)}</g></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" viewBox="0 0 ${total.width} ${total.height}" font-family="${escaped(look.font)}" font-size="12" dominant-baseline="middle">
<rect width="100%" height="100%" fill="${escaped(look.background)}"/>
${[...legend, ...parts].join('\n')}
</svg>
`;
}

function chart({ area, x, y, lines, height }: DrawnChart, clip: string, look: SvgLook): string {
  const { left, right, top, bottom } = area;
  const acrossTicks = x.ticks.filter(({ at }) => at >= left - 1 && at <= right + 1);
  const upTicks = y.ticks.filter(({ at }) => at >= top - 1 && at <= bottom + 1);
  return [
    `<clipPath id="${clip}"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></clipPath>`,
    ...acrossTicks.map(
      ({ at, label }) =>
        `<path d="M${short(at)} ${top}V${bottom}"${stroke(look.grid, 1)}/>${text(at, bottom + 12, label, look.muted, 'middle')}`,
    ),
    ...upTicks.map(
      ({ at, label }) =>
        `<path d="M${left} ${short(at)}H${right}"${stroke(look.grid, 1)}/>${text(left - 6, at, label, look.muted, 'end')}`,
    ),
    // Between this chart and the one below.
    text((left + right) / 2, height + GAP / 2, x.title, look.muted, 'middle'),
    `<g clip-path="url(#${clip})" fill="none" stroke-linejoin="round">${lines
      .filter(({ points }) => points.length > 0)
      .map(
        ({ points, color, width, dash }) =>
          `<polyline points="${points.map(([a, b]) => `${short(a)},${short(b)}`).join(' ')}"${stroke(color, width, dash)}/>`,
      )
      .join('')}</g>`,
  ].join('');
}

/** What is measured, and in which unit. */
export const titleOf = (title: string, unit: string): string => (unit === '' ? title : `${title} (${unit})`);

const short = (value: number): string => `${Math.round(value * 100) / 100}`;

const text = (x: number, y: number, words: string, color: string, anchor = 'start'): string =>
  `<text x="${short(x)}" y="${short(y)}" fill="${escaped(color)}" text-anchor="${anchor}">${escaped(words)}</text>`;

const stroke = (color: string, width: number, dash: readonly number[] = []): string =>
  ` stroke="${escaped(color)}" stroke-width="${width}"${dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}`;

/** Names are the person's. */
const escaped = (words: string): string =>
  words.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll(CONTROL, '');

/** Not allowed in XML, however written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
