/** What the colors mean, and which of them are shown: a click hides a category, a double click shows it alone. */
import * as l10n from '@vscode/l10n';
import { interpolateViridis } from 'd3-scale-chromatic';
import { element } from '../shared/element.js';
import type { Category, Coloring } from './coloring.js';
import { state } from './state.js';

export interface Legend {
  readonly element: HTMLDetailsElement;
  show(title: string, legend: Coloring['legend']): void;
  isHidden(image: number): boolean;
}

const SHAPE_PATHS = ['M8 2a6 6 0 1 0 .01 0Z', 'M3 3h10v10H3Z', 'M8 2 14.5 13.5H1.5Z', 'M8 1 15 8 8 15 1 8Z'];

export function createLegend(onChange: () => void): Legend {
  const heading = element('summary');
  const body = element('div', { class: 'body' });
  const attributes = { class: 'legend float', 'aria-label': l10n.t('Colors') };
  const root = element('details', { ...attributes, ...(state.value.isLegendOpen && { open: '' }) }, heading, body);
  root.addEventListener('toggle', () => state.set({ isLegendOpen: root.open }));
  let hidden = new Set<number>();
  /** Before the click that a double click begins with. */
  let before = new Set<number>();
  let categoryOf: Int32Array | undefined;

  const showCategories = (categories: readonly Category[]): void => {
    const list = element('ul', {});
    const buttons = categories.map(({ label, color, shape, count }, category) => {
      const mark = swatch(color, shape);
      const button = element(
        'button',
        { type: 'button', title: l10n.t('Click: hide or show. Double click: this one alone.') },
        mark,
      );
      button.append(
        element('span', { class: 'label', title: label }, label),
        element('span', { class: 'count' }, `${count}`),
      );
      button.addEventListener('click', (event) => {
        if (event.detail > 1) return;
        before = new Set(hidden);
        if (!hidden.delete(category)) hidden.add(category);
        update();
      });
      button.addEventListener('dblclick', () => {
        const isAlone = before.size === categories.length - 1 && !before.has(category);
        hidden = new Set(isAlone ? [] : categories.keys());
        hidden.delete(category);
        update();
      });
      list.append(element('li', {}, button));
      return button;
    });
    const update = (): void => {
      buttons.forEach((button, category) => {
        button.setAttribute('aria-pressed', `${!hidden.has(category)}`);
      });
      onChange();
    };
    for (const button of buttons) button.setAttribute('aria-pressed', 'true');
    body.append(list);
  };

  const showScale = (least: number, most: number, without: number): void => {
    const bar = element('canvas', {
      class: 'scale',
      width: '128',
      height: '1',
      role: 'img',
      'aria-label': l10n.t('From {0} to {1}', least, most),
    });
    const brush = bar.getContext('2d');
    for (let x = 0; brush !== null && x < 128; x++) {
      brush.fillStyle = interpolateViridis(x / 127);
      brush.fillRect(x, 0, 1, 1);
    }
    const ends = element('div', { class: 'ends' }, element('span', {}, short(least)), element('span', {}, short(most)));
    body.append(bar, ends);
    if (without === 0) return;
    const gray =
      without === 1 ? l10n.t('1 without a value is gray.') : l10n.t('{0} without a value are gray.', without);
    body.append(element('p', {}, gray));
  };

  return {
    element: root,
    show(title, legend) {
      hidden = new Set();
      heading.textContent = title;
      body.replaceChildren();
      // One color that means nothing needs no legend.
      root.hidden = legend.kind === 'categories' && !legend.categories.some(({ isName }) => isName);
      categoryOf = legend.kind === 'categories' ? legend.categoryOf : undefined;
      if (legend.kind === 'categories') showCategories(legend.categories);
      else showScale(legend.least, legend.most, legend.without);
    },
    isHidden: (image) => hidden.has(categoryOf?.[image] ?? -1),
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function swatch(color: string, shape: number): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', SHAPE_PATHS[shape] ?? SHAPE_PATHS[0] ?? '');
  path.setAttribute('fill', color);
  svg.append(path);
  return svg;
}
