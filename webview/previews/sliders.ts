/** The settings that decide about crops, each under a slider. */
import * as l10n from '@vscode/l10n';
import type { CropChange, CropSettings } from '../../src/protocol/previews.js';
import { type SliderControl, type SliderOptions, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';

type RangeKey = 'mask_ratio_min_max' | 'global_crops_scale' | 'local_crops_scale' | 'blur_radius';
type NumberKey = Exclude<keyof CropSettings, RangeKey>;
type Ends = readonly [least: SliderControl, largest: SliderControl];
type Bounds = Pick<SliderOptions, 'min' | 'step' | 'show'>;

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
  mask_sample_probability: 1,
};
const AREA: Bounds = { min: 0.01, step: 0.01, show: percent };
const RADIUS: Bounds = { min: 0.1, step: 0.1, show: (value) => pixels(Number(value.toFixed(1))) };
const SIZE: Bounds = { min: 1, step: 1, show: pixels };
const COUNT: Bounds = { min: 0, step: 1, show: String };

export class CropSliders {
  readonly element: HTMLElement;
  readonly #globalScale = this.#range('global_crops_scale', l10n.t('area'), AREA, 1);
  readonly #globalSize = this.#single('image_size', l10n.t('Size'), SIZE);
  readonly #localNumber = this.#single('local_crops_number', l10n.t('Number'), COUNT);
  readonly #localScale = this.#range('local_crops_scale', l10n.t('area'), AREA, 1);
  readonly #localSize = this.#single('local_size', l10n.t('Size'), SIZE);
  readonly #blur = this.#range('blur_radius', l10n.t('radius'), RADIUS, LARGEST.blur_radius);
  readonly #jitter = this.#single('jitter_strength', l10n.t('Jitter'), { min: 0, step: 0.05, show: times });
  readonly #solarize = this.#single('solarize_probability', l10n.t('Solarize'), { min: 0, step: 0.05, show: percent });
  readonly #maskedCrops = this.#single('mask_sample_probability', l10n.t('Masked crops'), {
    min: 0,
    step: 0.05,
    show: percent,
  });
  readonly #maskRatio = this.#range('mask_ratio_min_max', l10n.t('share of patches'), AREA, 1);
  readonly #masks = group(l10n.t('Masks'), this.#maskedCrops, ...this.#maskRatio);
  #current: CropSettings | undefined;
  /** Sides of crops are multiples of it. */
  #sizeStep = 1;

  constructor(private readonly onChange: (change: CropChange) => void) {
    this.element = element(
      'div',
      { class: 'groups' },
      group(l10n.t('Global crops'), ...this.#globalScale, this.#globalSize),
      group(l10n.t('Local crops'), this.#localNumber, ...this.#localScale, this.#localSize),
      group(l10n.t('Blur'), ...this.#blur),
      group(l10n.t('Color'), this.#jitter, this.#solarize),
      this.#masks,
    );
  }

  /** @param sizeStep sides of crops are multiples of it */
  set(settings: CropSettings, sizeStep = this.#sizeStep): void {
    this.#current = settings;
    this.#sizeStep = sizeStep;
    const { local_crops_number: number, jitter_strength: jitter, blur_radius: radius } = settings;
    setRange(this.#globalScale, settings.global_crops_scale, 1);
    setSize(this.#globalSize, settings.image_size, LARGEST.image_size, sizeStep);
    this.#localNumber.set(number, { max: Math.max(LARGEST.local_crops_number, number) });
    setRange(this.#localScale, settings.local_crops_scale, 1);
    setSize(this.#localSize, settings.local_size, LARGEST.local_size, sizeStep);
    setRange(this.#blur, radius, Math.max(LARGEST.blur_radius, radius[1]));
    this.#jitter.set(jitter, { max: Math.max(LARGEST.jitter_strength, jitter) });
    this.#solarize.set(settings.solarize_probability);
    this.#maskedCrops.set(settings.mask_sample_probability);
    setRange(this.#maskRatio, settings.mask_ratio_min_max, 1);
  }

  /** Of methods that mask patches. */
  offerMasks(areOffered: boolean): void {
    this.#masks.hidden = !areOffered;
  }

  /** One end pushes the other before it. */
  #range(key: RangeKey, what: string, bounds: Bounds, max: number): Ends {
    const end = (label: string, moved: (value: number, range: readonly [number, number]) => [number, number]) =>
      slider({
        ...bounds,
        label,
        max,
        value: bounds.min,
        onSlide: (value) => {
          if (this.#current === undefined) return;
          const range = moved(value, this.#current[key]);
          this.set({ ...this.#current, [key]: range });
          this.onChange({ [key]: range });
        },
      });
    return [
      end(l10n.t('Least {0}', what), (value, [, most]) => [value, Math.max(value, most)]),
      end(l10n.t('Largest {0}', what), (value, [least]) => [Math.min(value, least), value]),
    ];
  }

  #single(key: NumberKey, label: string, bounds: Bounds): SliderControl {
    return slider({
      ...bounds,
      label,
      max: LARGEST[key],
      value: bounds.min,
      onSlide: (value) => {
        if (this.#current === undefined) return;
        this.#current = { ...this.#current, [key]: value };
        this.onChange({ [key]: value });
      },
    });
  }
}

function setRange(ends: Ends, [least, most]: readonly [number, number], max: number): void {
  ends[0].set(least, { max });
  ends[1].set(most, { max });
}

function setSize(control: SliderControl, size: number, largest: number, step: number): void {
  control.set(size, { min: step, step, max: step * Math.ceil(Math.max(size, largest) / step) });
}

const group = (name: string, ...controls: readonly SliderControl[]): HTMLElement =>
  element('fieldset', { class: 'group' }, element('legend', {}, name), ...controls.map((control) => control.element));
