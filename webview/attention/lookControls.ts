/** What is looked at: attention, and whose when nothing is pointed at, or patch features, and beside which image. */
import * as l10n from '@vscode/l10n';
import { chooseBeside, closeBeside } from '../../src/protocol/attentionPanel.js';
import { button, checkbox, dropdown, iconButton } from '../shared/controls.js';
import { tell } from '../shared/host.js';
import { state } from './state.js';

export interface LookControls {
  readonly elements: readonly HTMLElement[];
  /** @param registers of the network; 0 where it has none, or where its attention is not shown */
  offerRegisters(registers: number): void;
  /** Shows what applies. @param hasBeside whether there is a second image */
  show(hasBeside: boolean): void;
}

const CLS = 'cls';

/** @param onLook another thing is to be looked at @param onDraw what is there is to be drawn anew */
export function lookControls(onLook: () => void, onDraw: () => void): LookControls {
  const looks = dropdown(l10n.t('Look'), (value) => {
    state.set({ look: value === 'patches' ? 'patches' : 'attention' });
    onLook();
  });
  looks.offer(
    [
      { value: 'attention', label: l10n.t('Attention') },
      { value: 'patches', label: l10n.t('Patch features') },
    ],
    state.value.look,
  );
  const queries = dropdown(l10n.t('Query'), (value) => {
    // What is pinned would hide what was chosen.
    state.set({ register: value === CLS ? undefined : Number(value), pinned: undefined });
    onDraw();
  });
  let offered = 0;
  queries.element.hidden = true;
  const foreground = checkbox(l10n.t('Foreground only'), state.value.isForegroundOnly, (isForegroundOnly) => {
    state.set({ isForegroundOnly });
    onDraw();
  });
  const choose = button(l10n.t('Second Image…'), () => tell(chooseBeside, undefined));
  const close = iconButton(l10n.t('Close Second Image'), 'close', () => tell(closeBeside, undefined));

  return {
    elements: [looks.element, queries.element, foreground, choose, close],
    offerRegisters(registers) {
      queries.element.hidden = registers === 0;
      if (registers === offered) return;
      offered = registers;
      const { register } = state.value;
      queries.offer(
        [
          { value: CLS, label: l10n.t('CLS token') },
          ...Array.from({ length: registers }, (_, index) => ({
            value: `${index}`,
            label: l10n.t('Register {0}', index + 1),
          })),
        ],
        register === undefined || register >= registers ? CLS : `${register}`,
      );
    },
    show(hasBeside) {
      const isPatches = state.value.look === 'patches';
      foreground.hidden = !isPatches;
      choose.hidden = !isPatches;
      close.hidden = !(isPatches && hasBeside);
    },
  };
}
