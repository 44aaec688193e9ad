/** What is asked of a network beside its checkpoint: which block, at which resolution, with how many heads. */
import * as l10n from '@vscode/l10n';
import type { Question } from '../../src/protocol/attentionPanel.js';
import type { CheckpointPicker } from '../shared/checkpointPicker.js';
import { dropdown, slider } from '../shared/controls.js';
import { headsChoice } from '../shared/headsChoice.js';
import { state } from './state.js';

/** As large as is answered soon. */
const FINE = 'fine';
const AS_TRAINED = 'trained';
const RESOLUTIONS = [64, 128, 224, 320, 480, 640];

export interface AskedOf {
  readonly elements: readonly HTMLElement[];
  /** Shows which of how many blocks is looked at; undefined: the network has no attention. */
  showBlock(shown: { readonly block: number; readonly blocks: number } | undefined): void;
  /** The number of heads is asked for only where a file may not tell. */
  offerHeads(isAsked: boolean): void;
  /** Undefined where there is no checkpoint. */
  question(of: CheckpointPicker): Question | undefined;
}

export function askedOf(onChange: () => void): AskedOf {
  const ask = (change: Partial<typeof state.value>): void => {
    state.set(change);
    onChange();
  };
  let blocks = 1;
  const block = slider({
    label: l10n.t('Block'),
    min: 1,
    max: 1,
    step: 1,
    value: 1,
    show: (value) => (value === blocks ? l10n.t('{0} (last)', value) : l10n.t('{0} of {1}', value, blocks)),
    onSlide: (value) => ask({ block: value === blocks ? undefined : value - 1 }),
  });
  const resolutions = dropdown(l10n.t('Resolution'), (value) =>
    ask({ resolution: value === FINE ? undefined : value === AS_TRAINED ? AS_TRAINED : Number(value) }),
  );
  const heads = headsChoice(state.value.numHeads, (numHeads) => ask({ numHeads }));
  resolutions.offer(
    [
      { value: FINE, label: l10n.t('Fine') },
      { value: AS_TRAINED, label: l10n.t('As trained') },
      ...RESOLUTIONS.map((side) => ({ value: `${side}`, label: l10n.t('{0} pixels', side) })),
    ],
    `${state.value.resolution ?? FINE}`,
  );
  heads.hidden = true;

  return {
    elements: [block.element, resolutions.element, heads],
    showBlock(shown) {
      block.element.hidden = shown === undefined;
      if (shown === undefined) return;
      blocks = shown.blocks;
      block.set(shown.block + 1, { max: blocks });
    },
    offerHeads(isAsked) {
      heads.hidden = !isAsked;
    },
    question({ chosen, source }) {
      if (chosen === undefined) return undefined;
      const { resolution, numHeads, block: wanted } = state.value;
      return {
        checkpoint: chosen,
        ...(resolution !== undefined && { resolution }),
        ...(source?.isFile && numHeads !== undefined && { numHeads }),
        ...(wanted !== undefined && { block: wanted }),
      };
    },
  };
}
