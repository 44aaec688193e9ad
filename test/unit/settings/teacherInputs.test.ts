/** Which settings runs have in common that share the outputs of a teacher. */
import { expect, it } from 'vitest';
import { crops } from '../../../src/settings/parts/crops.js';
import { dinov2 } from '../../../src/settings/parts/dinov2.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { differences, teacherInputs } from '../../../src/settings/teacherInputs.js';

const { settings } = resolveSettings({ set: { method: 'dinov2' } });
const recorded = teacherInputs(settings);
const changed = (changes: Partial<Settings>) => differences(recorded, { ...settings, ...changes });

it('what decides crops and masks is named with both values', () => {
  expect(changed({})).toEqual([]);
  expect(changed({ seed: 7 })).toEqual(['seed 0 (here 7)']);
  expect(changed({ mask_ratio_min_max: [0.1, 0.4] })).toEqual(['mask_ratio_min_max [0.1,0.5] (here [0.1,0.4])']);
  expect(changed({ gradient_accumulation_steps: 2, precision: 'bfloat16' })).toEqual([
    'precision "float32" (here "bfloat16")',
    'gradient_accumulation_steps 1 (here 2)',
  ]);
});

it('what is the student’s own, or how it learns, may differ', () => {
  const own = { embed_dim: 20, lr: 1, epochs: 3, drop_path_rate: 0.5, teacher_temp: 0.1, koleo_loss_weight: 0 };
  expect(changed({ ...own, local_crops_number: 3, local_size: 28, local_crops_scale: [0.1, 0.2] })).toEqual([]);
});

it('of the iBOT loss it counts whether there is one: without it masks choose nothing', () => {
  expect(changed({ ibot_loss_weight: 2 })).toEqual([]);
  expect(changed({ ibot_loss_weight: 0 })).toEqual(['ibot_loss_weight 1 (here 0)']);
  const without = teacherInputs({ ...settings, ibot_loss_weight: 0 });
  expect(differences(without, { ...settings, ibot_loss_weight: 0, mask_sample_probability: 0.1 })).toEqual([]);
});

it('each setting of crops and of DINOv2 is one of them, or known to be none', () => {
  const none = [
    ...['local_size', 'local_crops_number', 'local_crops_scale', 'centering', 'dino_loss_weight', 'koleo_loss_weight'],
    ...['ibot_separate_head', 'ibot_head_n_prototypes', 'ibot_head_hidden_dim', 'ibot_head_bottleneck_dim'],
    ...['layerwise_decay', 'patch_embed_lr_mult'],
  ];
  const all = [crops, dinov2].flatMap(({ fixed, changeable }) => Object.keys({ ...fixed, ...changeable }));
  expect(all.filter((key) => !(key in recorded)).sort()).toEqual(none.sort());
});
