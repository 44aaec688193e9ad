import type { SettingsPart } from '../part.js';

interface Seen {
  readonly arch: string;
}

/** Values that the original has and the training step does not have yet. What the step learns to do is taken out here. */
export const notYet = {
  fixed: {},
  changeable: {},
  check: ({ arch }: Seen) =>
    arch === 'vit' ? [] : [`arch is "${arch}", but must be a ViT, such as vit_small, in this version`],
} satisfies SettingsPart;
