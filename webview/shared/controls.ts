/** The controls of all pages. This file alone knows the toolkit that they come from. */
import {
  type Button,
  type Checkbox,
  type Dropdown,
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
} from '@vscode/webview-ui-toolkit';
import { element } from './element.js';
import { type IconName, icon } from './icons.js';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeProgressRing(),
);

interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A control with its label above it; `element` is what stands in the page. */
interface Labeled {
  readonly element: HTMLElement;
}

export interface DropdownControl extends Labeled {
  /** Replaces what can be chosen. */
  offer(choices: readonly Choice[], chosen: string | undefined): void;
}

let made = 0;

export function dropdown(label: string, onChoose: (value: string) => void): DropdownControl {
  const control = document.createElement('vscode-dropdown') as Dropdown;
  control.setAttribute('aria-label', label);
  control.title = label;
  let current: string | undefined;
  control.addEventListener('change', () => {
    if (control.value === current) return;
    current = control.value;
    onChoose(control.value);
  });
  return {
    element: labeled(label, control),
    offer(choices, chosen) {
      const options = choices.map(({ value, label: text }) => {
        const option = document.createElement('vscode-option');
        option.setAttribute('value', value);
        if (value === chosen) option.setAttribute('selected', '');
        option.textContent = text;
        return option;
      });
      current = chosen;
      control.replaceChildren(...options);
      control.toggleAttribute('disabled', choices.length === 0);
      if (chosen !== undefined) control.value = chosen;
    },
  };
}

export function checkbox(label: string, isOn: boolean, onSwitch: (isOn: boolean) => void): Checkbox {
  const control = document.createElement('vscode-checkbox') as Checkbox;
  control.textContent = label;
  control.checked = isOn;
  control.addEventListener('change', () => onSwitch(control.checked));
  return control;
}

export function button(label: string, onPress: () => void, appearance: 'primary' | 'secondary' = 'secondary'): Button {
  const control = document.createElement('vscode-button') as Button;
  control.setAttribute('appearance', appearance);
  control.textContent = label;
  control.addEventListener('click', onPress);
  return control;
}

/** Of one icon; its label is read out, and shown by the pointer. */
export function iconButton(label: string, name: IconName, onPress: () => void): Button {
  const control = document.createElement('vscode-button') as Button;
  control.setAttribute('appearance', 'icon');
  control.setAttribute('aria-label', label);
  control.title = label;
  control.append(icon(name));
  control.addEventListener('click', onPress);
  return control;
}

/** A line of text, told at every key. The browser's own: the toolkit's has no name for screen readers. */
export function textField(
  label: string,
  placeholder: string,
  value: string,
  onType: (value: string) => void,
): HTMLElement {
  const control = element('input', { type: 'text', placeholder, spellcheck: 'false' });
  control.value = value;
  control.addEventListener('input', () => onType(control.value));
  return labeled(label, control);
}

export interface NumberControl extends Labeled {
  /** Shows a number without telling. */
  set(value: number | undefined): void;
}

/** A whole number from 0 on, told when it is entered. */
export function numberField(label: string, onEnter: (value: number) => void): NumberControl {
  const control = element('input', { type: 'number', min: '0', step: '1' });
  control.addEventListener('change', () => {
    if (Number.isFinite(control.valueAsNumber)) onEnter(control.valueAsNumber);
  });
  return {
    element: labeled(label, control),
    set(value) {
      control.value = value === undefined ? '' : `${value}`;
    },
  };
}

export interface SliderOptions {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  /** The value as people read it. */
  readonly show: (value: number) => string;
  readonly onSlide: (value: number) => void;
}

export interface SliderControl extends Labeled {
  /** Moves it without telling; `bounds` first moves its ends. */
  set(value: number, bounds?: Partial<Pick<SliderOptions, 'min' | 'max' | 'step'>>): void;
}

/** The toolkit has none; the browser's own is reachable by keyboard and told by screen readers. */
export function slider({ label, min, max, step, value, show, onSlide }: SliderOptions): SliderControl {
  const control = element('input', { type: 'range', min: `${min}`, max: `${max}`, step: `${step}` });
  control.value = `${value}`;
  const output = element('output');
  const tellValue = () => {
    output.value = show(control.valueAsNumber);
    control.setAttribute('aria-valuetext', output.value);
    const [least, most] = [Number(control.min), Number(control.max)];
    control.style.setProperty('--share', `${most > least ? (control.valueAsNumber - least) / (most - least) : 0}`);
  };
  tellValue();
  control.addEventListener('input', () => {
    tellValue();
    onSlide(control.valueAsNumber);
  });
  return {
    element: labeled(label, control, output),
    set(moved, bounds = {}) {
      for (const [name, bound] of Object.entries(bounds)) control.setAttribute(name, `${bound}`);
      control.value = `${moved}`;
      tellValue();
    },
  };
}

export const progressRing = (label: string): HTMLElement => {
  const ring = document.createElement('vscode-progress-ring');
  ring.setAttribute('aria-label', label);
  return ring;
};

function labeled(label: string, control: HTMLElement, ...after: HTMLElement[]): HTMLElement {
  control.id ||= `control-${++made}`;
  const caption = element('label', { for: control.id }, label);
  return element('div', { class: 'control' }, element('div', { class: 'caption' }, caption, ...after), control);
}
