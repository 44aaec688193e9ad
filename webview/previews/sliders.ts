/** The settings that decide about crops, each under a slider. */
import * as l10n from '@vscode/l10n';
import type { CropChange, CropSettings } from '../../src/protocol/previews.js';
import { type SliderControl, type SliderOptions, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';

export interface CropSliders {
  readonly element: HTMLElement;
  /** @param sizeStep sides of crops are multiples of it */
  set(settings: CropSettings, sizeStep: number): void;
}

type RangeKey = 'global_crops_scale' | 'local_crops_scale' | 'blur_radius';
type NumberKey = Exclude<keyof CropSettings, RangeKey>;

const percent = (value: number): string => `${Math.round(value * 100)} %`;
const pixels = (value: number): string => `${value} px`;
const times = (value: number): string => `× ${value.toFixed(2)}`;

/** At least so far a slider goes; farther when the settings do. */
const LARGEST = {
  image_size: 384,
  local_size: 192,
  local_crops_number: 16,
  blur_radius: 5,
  jitter_strength: 2,
  solarize_probability: 1,
};

export function cropSliders(onChange: (change: CropChange) => void): CropSliders {
  let current: CropSettings | undefined;

  const range = (key: RangeKey, what: string, options: Pick<SliderOptions, 'min' | 'max' | 'step' | 'show'>) => {
    const end = (label: string, place: 0 | 1) =>
      slider({
        ...options,
        label,
        value: options.min,
        onSlide: (value) => {
          if (current === undefined) return;
          const [least, most] = current[key];
          // One end pushes the other before it.
          const moved: [number, number] =
            place === 0 ? [value, Math.max(value, most)] : [Math.min(value, least), value];
          set({ ...current, [key]: moved });
          onChange({ [key]: moved });
        },
      });
    return [end(l10n.t('Least {0}', what), 0), end(l10n.t('Largest {0}', what), 1)] as const;
  };
  const single = (key: NumberKey, label: string, show: SliderOptions['show'], min = 0, step = 1): SliderControl =>
    slider({
      label,
      min,
      max: LARGEST[key],
      step,
      value: min,
      show,
      onSlide: (value) => {
        if (current === undefined) return;
        current = { ...current, [key]: value };
        onChange({ [key]: value });
      },
    });

  const area = { min: 0.01, max: 1, step: 0.01, show: percent };
  const radius = {
    min: 0.1,
    max: LARGEST.blur_radius,
    step: 0.1,
    show: (value: number) => pixels(Number(value.toFixed(1))),
  };
  const globalScale = range('global_crops_scale', 'area', area);
  const globalSize = single('image_size', l10n.t('Size'), pixels, 1);
  const localNumber = single('local_crops_number', l10n.t('Number'), String);
  const localScale = range('local_crops_scale', 'area', area);
  const localSize = single('local_size', l10n.t('Size'), pixels, 1);
  const blur = range('blur_radius', 'radius', radius);
  const jitter = single('jitter_strength', l10n.t('Jitter'), times, 0, 0.05);
  const solarize = single('solarize_probability', l10n.t('Solarize'), percent, 0, 0.05);

  const setRange = (
    ends: readonly [SliderControl, SliderControl],
    [least, most]: readonly [number, number],
    max: number,
  ) => {
    ends[0].set(least, { max });
    ends[1].set(most, { max });
  };
  const setSize = (control: SliderControl, size: number, largest: number, step: number) =>
    control.set(size, { min: step, step, max: step * Math.ceil(Math.max(size, largest) / step) });

  let step = 1;
  const set = (settings: CropSettings): void => {
    current = settings;
    setRange(globalScale, settings.global_crops_scale, 1);
    setSize(globalSize, settings.image_size, LARGEST.image_size, step);
    localNumber.set(settings.local_crops_number, {
      max: Math.max(LARGEST.local_crops_number, settings.local_crops_number),
    });
    setRange(localScale, settings.local_crops_scale, 1);
    setSize(localSize, settings.local_size, LARGEST.local_size, step);
    setRange(blur, settings.blur_radius, Math.max(LARGEST.blur_radius, settings.blur_radius[1]));
    jitter.set(settings.jitter_strength, { max: Math.max(LARGEST.jitter_strength, settings.jitter_strength) });
    solarize.set(settings.solarize_probability);
  };

  const group = (name: string, ...controls: readonly SliderControl[]) =>
    element('fieldset', { class: 'group' }, element('legend', {}, name), ...controls.map((control) => control.element));
  return {
    element: element(
      'div',
      { class: 'groups' },
      group(l10n.t('Global crops'), ...globalScale, globalSize),
      group(l10n.t('Local crops'), localNumber, ...localScale, localSize),
      group(l10n.t('Blur'), ...blur),
      group(l10n.t('Color'), jitter, solarize),
    ),
    set(settings, sizeStep) {
      step = sizeStep;
      set(settings);
    },
  };
}
