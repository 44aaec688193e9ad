/** How a map is drawn over the image. */
import * as l10n from '@vscode/l10n';
import { COLOR_MAPS } from '../shared/attentionOverlay.js';
import { checkbox, dropdown, slider } from '../shared/controls.js';
import { state, stateSchema } from './state.js';

const percent = (value: number): string => `${Math.round(value * 100)} %`;

export interface DrawnAs {
  /** The controls. What does not apply to the kind of overlay is not shown. */
  readonly elements: readonly HTMLElement[];
  /** Whether what is shown has a mass of which a share can be kept, as attention has. */
  offerShares(isOffered: boolean): void;
}

export function drawnAs(onChange: () => void): DrawnAs {
  let hasShares = true;
  const draw = (change: Partial<typeof state.value>): void => {
    state.set(change);
    showWhatApplies();
    onChange();
  };
  const kinds = dropdown(l10n.t('Overlay'), (value) => draw({ kind: value === 'mask' ? 'mask' : 'heat' }));
  const colorMaps = dropdown(l10n.t('Colors'), (value) => draw({ colorMap: stateSchema.shape.colorMap.parse(value) }));
  const upsampling = dropdown(l10n.t('Interpolation'), (value) => draw({ isSmooth: value === 'smooth' }));
  const opacity = slider({
    label: l10n.t('Opacity'),
    min: 0,
    max: 1,
    step: 0.01,
    value: state.value.opacity,
    show: percent,
    onSlide: (value) => draw({ opacity: value }),
  });
  const share = slider({
    label: l10n.t('Attention kept'),
    min: 0.05,
    max: 1,
    step: 0.05,
    value: state.value.share,
    show: percent,
    onSlide: (value) => draw({ share: value }),
  });
  const outline = checkbox(l10n.t('Outline what is kept'), state.value.isOutlined, (isOutlined) =>
    draw({ isOutlined }),
  );
  kinds.offer(
    [
      { value: 'heat', label: l10n.t('Heat map') },
      { value: 'mask', label: l10n.t('Most attended patches') },
    ],
    state.value.kind,
  );
  colorMaps.offer(
    COLOR_MAPS.map((value) => ({ value, label: `${value.charAt(0).toUpperCase()}${value.slice(1)}` })),
    state.value.colorMap,
  );
  upsampling.offer(
    [
      { value: 'nearest', label: l10n.t('As squares') },
      { value: 'smooth', label: l10n.t('Smooth') },
    ],
    state.value.isSmooth ? 'smooth' : 'nearest',
  );
  const showWhatApplies = (): void => {
    const { kind, isOutlined } = state.value;
    const isMask = hasShares && kind === 'mask';
    kinds.element.hidden = !hasShares;
    outline.hidden = !hasShares;
    share.element.hidden = !hasShares || !(isMask || isOutlined);
    colorMaps.element.hidden = isMask;
    upsampling.element.hidden = isMask;
  };
  showWhatApplies();
  return {
    elements: [kinds.element, colorMaps.element, upsampling.element, opacity.element, share.element, outline],
    offerShares(isOffered) {
      hasShares = isOffered;
      showWhatApplies();
    },
  };
}
