/** The bar above the charts: which curves, along which axis, how they are drawn, and where they are saved. */
import * as l10n from '@vscode/l10n';
import { button, checkbox, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { menu } from '../shared/menu.js';
import { X_AXES } from './columns.js';
import type { CurveMenu } from './curveMenu.js';
import type { Figures } from './figures.js';
import { placeText } from './reading.js';
import { AXIS_LABELS } from './scales.js';
import { type CurvesState, state } from './state.js';

export interface BarEvents {
  onChange(settings: Partial<CurvesState>): void;
  /** The slider has moved to where the curves are read. */
  onRead(): void;
  onSave(what: 'png' | 'svg' | 'csv' | 'runs'): void;
}

export class Bar {
  readonly element: HTMLElement;
  readonly #whole = element('button', { type: 'button', class: 'chip' }, l10n.t('Show All'));
  readonly #where = element('output', { class: 'place' });
  readonly #reading;

  constructor(
    curves: CurveMenu,
    private readonly figures: Figures,
    private readonly events: BarEvents,
  ) {
    this.#reading = this.#readingSlider();
    this.#whole.addEventListener('click', () => events.onChange({ view: undefined }));
    this.element = element(
      'div',
      { class: 'bar' },
      curves.element,
      this.#axisChip(),
      this.#viewMenu(),
      this.#whole,
      this.#saveMenu(),
      this.#where,
    );
  }

  /** After the charts have been drawn. */
  show(): void {
    // What the slider stands at has another name when the axis, or what is shown of it, has changed.
    this.#reading.set(this.figures.reading.share);
    this.#whole.disabled = this.figures.view === undefined;
    this.showPlace();
  }

  /** Where the curves are read. */
  showPlace(): void {
    const { x } = this.figures.reading;
    this.#where.value = x === undefined ? '' : placeText(x, state.value.axis);
  }

  #axisChip(): HTMLElement {
    const select = element('select', { class: 'chip', 'aria-label': l10n.t('X axis') });
    for (const axis of X_AXES) select.append(element('option', { value: axis }, AXIS_LABELS[axis]));
    select.value = state.value.axis;
    select.addEventListener('change', () => {
      const axis = X_AXES.find((one) => one === select.value) ?? 'step';
      this.events.onChange({ axis, view: undefined });
    });
    return select;
  }

  #readingSlider() {
    const { reading } = this.figures;
    return slider({
      label: l10n.t('Read at'),
      min: 0,
      max: 1,
      step: 0.005,
      value: 1,
      show: (share) => (share === 1 ? l10n.t('the newest') : placeText(reading.placeOf(share), state.value.axis)),
      onSlide: (share) => {
        reading.share = share;
        this.events.onRead();
      },
    });
  }

  #viewMenu(): HTMLElement {
    const { onChange } = this.events;
    const smoothing = slider({
      label: l10n.t('Smoothing'),
      min: 0,
      max: 0.99,
      step: 0.01,
      value: state.value.smoothing,
      show: (value) => (value === 0 ? l10n.t('off') : value.toFixed(2)),
      onSlide: (value) => onChange({ smoothing: value }),
    });
    const zooming = element(
      'div',
      { class: 'row' },
      button(l10n.t('Zoom In'), () => this.figures.zoom(2)),
      button(l10n.t('Zoom Out'), () => this.figures.zoom(0.5)),
    );
    const logarithmic = checkbox(l10n.t('Logarithmic'), state.value.isLogarithmic, (isOn) =>
      onChange({ isLogarithmic: isOn }),
    );
    const content = element('div', { class: 'column' }, smoothing.element, this.#reading.element, logarithmic, zooming);
    return menu(l10n.t('View'), content).element;
  }

  #saveMenu(): HTMLElement {
    const content = element('div', { class: 'column' });
    const save = (label: string, what: Parameters<BarEvents['onSave']>[0]) =>
      button(label, () => {
        content.closest<HTMLElement>('[popover]')?.hidePopover();
        this.events.onSave(what);
      });
    content.append(
      save(l10n.t('Save as PNG'), 'png'),
      save(l10n.t('Save as SVG'), 'svg'),
      save(l10n.t('Save as CSV'), 'csv'),
      save(l10n.t('Save Table as CSV'), 'runs'),
    );
    return menu(l10n.t('Save'), content).element;
  }
}
