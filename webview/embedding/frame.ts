/** The page: the plot fills it, controls float over it, and the foot says what is shown. */
import * as l10n from '@vscode/l10n';
import { iconButton } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { Tool } from './plotPointer.js';
import type { Covered } from './room.js';

export interface ToolButtons {
  readonly elements: readonly HTMLElement[];
  set(tool: Tool): void;
}

/** A second press puts the tool away. */
export function createToolButtons(onChoose: (tool: Tool) => void): ToolButtons {
  let current: Tool = 'pan';
  const tools = [
    { tool: 'box', label: l10n.t('Select in a box') },
    { tool: 'lasso', label: l10n.t('Select with a lasso (Shift and drag)') },
  ] as const;
  const set = (tool: Tool): void => {
    current = tool;
    showPressed();
    onChoose(tool);
  };
  const elements = tools.map(({ tool, label }) => iconButton(label, tool, () => set(current === tool ? 'pan' : tool)));
  const showPressed = (): void => {
    for (const [place, button] of elements.entries()) {
      // By its property: of the attribute the toolkit's button tells its inner one nothing, which has the focus.
      button.ariaPressed = tools[place]?.tool === current ? 'true' : 'false';
    }
  };
  showPressed();
  return { elements, set };
}

export interface Parts {
  readonly plot: HTMLElement;
  readonly card: HTMLElement;
  readonly bar: readonly HTMLElement[];
  readonly legend: HTMLDetailsElement;
  readonly drawer: HTMLElement;
  readonly strips: readonly HTMLElement[];
  readonly problem: HTMLElement;
  readonly blank: HTMLElement;
  readonly work: HTMLElement;
  readonly foot: readonly HTMLElement[];
  /** What floats over the plot at the top left has another size. */
  onCovered(covered: Covered): void;
}

/** Between the legend and the plot, in pixels. */
const GAP_PX = 8;

/** @returns what the page holds; `show` changes between the plot and what stands in its place */
export function createFrame(parts: Parts): { elements: readonly HTMLElement[]; show(hasPlot: boolean): void } {
  const bar = element('div', { class: 'bar float', role: 'toolbar', 'aria-label': l10n.t('Plot') }, ...parts.bar);
  const left = element('div', { class: 'left' }, bar, parts.legend);
  parts.legend.classList.add('needs-plot');
  const right = element('div', { class: 'right' }, parts.drawer, ...parts.strips);
  const over = element('div', { class: 'over' }, left, right, parts.problem, parts.work);
  const room = element('div', { class: 'room' }, parts.plot, parts.card, parts.blank, over);
  const foot = element('footer', {}, ...parts.foot);
  const observer = new ResizeObserver(() => {
    const { offsetTop, offsetLeft } = over;
    const { legend } = parts;
    const bottomOf = (floats: HTMLElement) => offsetTop + floats.offsetTop + floats.offsetHeight;
    // Folded, the legend covers too little to make room for.
    const hasLegend = legend.open && legend.offsetHeight > 0;
    const right = hasLegend ? offsetLeft + legend.offsetLeft + legend.offsetWidth + GAP_PX : 0;
    parts.onCovered({ bar: bottomOf(bar), right, bottom: hasLegend ? bottomOf(legend) + GAP_PX : 0 });
  });
  for (const floats of [bar, parts.legend]) observer.observe(floats);
  return {
    elements: [room, foot],
    show(hasPlot) {
      room.classList.toggle('is-blank', !hasPlot);
      parts.plot.hidden = !hasPlot;
    },
  };
}

/** Points as they might lie, for where there are none yet: the golden angle spreads them. */
export function faintPlot(): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '-100 -60 200 120');
  const clusters = [
    [-48, -22],
    [4, -34],
    [52, -12],
    [-24, 24],
    [34, 30],
  ] as const;
  for (const [x, y] of clusters) {
    for (let point = 0; point < 40; point++) {
      const [angle, radius] = [2.39996 * point, 3.2 * Math.sqrt(point)];
      const circle = document.createElementNS(namespace, 'circle');
      const place = { cx: x + radius * Math.cos(angle), cy: y + 0.8 * radius * Math.sin(angle), r: 1.1 };
      for (const [name, value] of Object.entries(place)) circle.setAttribute(name, value.toFixed(1));
      svg.append(circle);
    }
  }
  return svg;
}
