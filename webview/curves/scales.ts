/** The axes of a chart: what they are called, which part of them is shown, and how they look. */
import * as l10n from '@vscode/l10n';
import type { ShownMetric } from '../../src/protocol/curves.js';
import type { Theme } from '../shared/theme.js';
import type { XAxis } from './columns.js';
import type { View } from './view.js';

export const AXIS_LABELS: Readonly<Record<XAxis, string>> = {
  step: l10n.t('Step'),
  epoch: l10n.t('Epoch'),
  images: l10n.t('Images seen'),
  time: l10n.t('Minutes of training'),
};

export interface ChartLook {
  readonly metric: ShownMetric;
  readonly axis: XAxis;
  readonly isLogarithmic: boolean;
  /** Weight of the past, 0 to below 1. */
  readonly smoothing: number;
  /** The part of the x axis that is shown; undefined: all of it. */
  readonly view: View | undefined;
  /** Where the x axis ends, in all charts alike. */
  readonly end: number;
  readonly theme: Theme;
}

export function scales({ metric, axis, isLogarithmic, theme, view, end }: ChartLook) {
  const common = { grid: { color: theme.grid }, border: { color: theme.muted } };
  const ticks = { color: theme.muted, font: { family: theme.font, size: 11 } };
  // Said once above all charts, and beside each chart's title: here for what is saved.
  const title = (text: string) => ({ display: false, text });
  return {
    x: {
      ...common,
      type: 'linear' as const,
      // Round numbers alone are labeled; the ends need not be.
      min: view?.from ?? 0,
      ...(end > 0 && { max: view?.to ?? end }),
      ticks: { ...ticks, includeBounds: false, maxRotation: 0, maxTicksLimit: 6, autoSkipPadding: 12 },
      title: title(AXIS_LABELS[axis]),
    },
    y: {
      ...common,
      type: isLogarithmic ? ('logarithmic' as const) : ('linear' as const),
      ticks: {
        ...ticks,
        maxTicksLimit: 5,
        callback: (value: number | string) => tickText(Number(value)),
      },
      title: title(metric.unit),
    },
  };
}

const tickText = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(1)
    : `${Number(value.toPrecision(5))}`;
