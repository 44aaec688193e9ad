import type { SettingsPart } from '../part.js';
import { number, oneOf, whole } from '../values.js';

interface Seen {
  readonly warmup_epochs?: number | undefined;
  readonly epochs: number;
}

/** The optimizer of the student, and the schedules of what it is given (main_dino.py, "init schedulers"). */
export const optimizer = {
  fixed: {
    optimizer: oneOf('adamw', 'sgd', 'lars')
      .default('adamw')
      .describe('Optimizer of the student: adamw for ViTs, sgd or lars for ResNets.'),
    lr: number(0, 10)
      .default(5e-4)
      .describe(
        'Highest learning rate, for a batch of 256: it is scaled by batch_size / 256. Of dinov2 for a batch of 1024: it is scaled by the square root of batch_size / 1024.',
      ),
    warmup_epochs: whole(0, 1_000_000)
      .optional()
      .describe('Epochs of linear warm-up of the learning rate. When left out: a tenth of the epochs, at most 10.'),
    min_lr: number(0, 10).default(1e-6).describe('Learning rate at the end of its cosine schedule.'),
    weight_decay: number(0, 10).default(0.04).describe('Weight decay at the start (cosine schedule).'),
    weight_decay_end: number(0, 10).default(0.4).describe('Weight decay at the end (cosine schedule).'),
    clip_grad: number(0, 1e9)
      .default(3)
      .describe(
        'Largest norm of the gradient of each parameter (of dinov2: of the backbone and of each head); 0 does not clip.',
      ),
  },
  changeable: {},
  derived: {
    warmup_epochs: ({ epochs }: Seen) => Math.min(10, Math.ceil(epochs / 10)),
  },
  check: ({ warmup_epochs = 0, epochs }: Seen) =>
    warmup_epochs <= epochs
      ? []
      : [`warmup_epochs is ${warmup_epochs}, but must be at most epochs, which is ${epochs}`],
} satisfies SettingsPart;
