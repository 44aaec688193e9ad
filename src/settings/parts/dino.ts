import type { SettingsPart } from '../part.js';
import { flag, number, positive, whole } from '../values.js';

interface Seen {
  readonly method: string;
  readonly warmup_teacher_temp_epochs: number;
  readonly epochs: number;
}

/** The projection head, the teacher and the loss (main_dino.py, `DINOLoss`; vision_transformer.py, `DINOHead`). */
export const dino = {
  fixed: {
    out_dim: whole(2, 1_048_576)
      .default(65_536)
      .describe('K, the number of prototypes that the head scores. When left out, chosen by the number of images.'),
    norm_last_layer: flag()
      .default(true)
      .describe('Keep the norm of each prototype at 1. False can perform better but may make training unstable.'),
    use_bn_in_head: flag()
      .default(false)
      .describe('Batch normalization after the two hidden layers of the projection head.'),
    head_hidden_dim: whole(1, 65_536).default(2048).describe('Width of the two hidden layers of the projection head.'),
    head_bottleneck_dim: whole(1, 65_536).default(256).describe('Width of the projection head before the prototypes.'),
    momentum_teacher: number(0, 1)
      .default(0.996)
      .describe(
        'How much of itself the teacher keeps at each step at the start (cosine to 1). Higher for large batches.',
      ),
    warmup_teacher_temp: positive(10)
      .default(0.04)
      .describe('Teacher temperature at the start. Lower it when the loss does not decrease.'),
    teacher_temp: positive(10)
      .default(0.04)
      .describe('Teacher temperature after its warm-up. Above 0.07 training is mostly unstable.'),
    warmup_teacher_temp_epochs: whole(0, 1_000_000)
      .default(0)
      .describe('Epochs of linear warm-up of the teacher temperature.'),
    student_temp: positive(10).default(0.1).describe('Student temperature.'),
    center_momentum: number(0, 1)
      .default(0.9)
      .describe('How much of itself the center of the teacher outputs keeps at each step.'),
    freeze_last_layer: whole(0, 1_000_000)
      .default(1)
      .describe('Epochs during which the prototypes are kept fixed. Raise it when the loss does not decrease.'),
  },
  changeable: {},
  applies: ({ method }: Pick<Seen, 'method'>) => method === 'dino' || method === 'dinov2',
  check: ({ warmup_teacher_temp_epochs, epochs }: Seen) =>
    warmup_teacher_temp_epochs <= epochs
      ? []
      : [`warmup_teacher_temp_epochs is ${warmup_teacher_temp_epochs}, but must be at most epochs, which is ${epochs}`],
} satisfies SettingsPart;
