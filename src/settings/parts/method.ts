import { METHOD_NAMES } from '../../method/methods/names.js';
import type { SettingsPart } from '../part.js';
import { oneOf } from '../values.js';

/** What a run is trained by. */
export const method = {
  fixed: {
    method: oneOf(...METHOD_NAMES)
      .default('dino')
      .describe(
        'The method of training: dino; dinov2, which has its own defaults and settings; or finetune, which learns labels.',
      ),
  },
  changeable: {},
} satisfies SettingsPart;
