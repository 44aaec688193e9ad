import type { SettingsPart } from '../part.js';

interface Seen {
  readonly arch: string;
  readonly optimizer: string;
  readonly use_bn_in_head: boolean;
}

/** Values that the original has and the training step does not have yet. What the step learns to do is taken out here. */
export const notYet = {
  fixed: {},
  changeable: {},
  check: ({ arch, optimizer, use_bn_in_head }: Seen) => [
    ...(arch === 'vit' ? [] : [`arch is "${arch}", but must be a ViT, such as vit_small, in this version`]),
    ...(optimizer === 'adamw' ? [] : [`optimizer is "${optimizer}", but must be "adamw" in this version`]),
    ...(use_bn_in_head ? ['use_bn_in_head is true, but must be false in this version'] : []),
  ],
} satisfies SettingsPart;
