import { teacherNetworkSchema } from '../networkSchema.js';
import type { SettingsPart } from '../part.js';
import { text } from '../values.js';

interface Seen {
  readonly method: string;
  readonly distill_from: string;
  readonly distill_outputs: string;
  readonly teacher_network: object | null;
  readonly centering: string;
}

/** Whether a run has a teacher that stays as it was given. */
export const isDistilled = ({ method, distill_from }: Pick<Seen, 'method' | 'distill_from'>): boolean =>
  method === 'dinov2' && distill_from !== '';

/** Whether the outputs of that teacher are computed before the first step. */
export const isPrecomputed = (settings: Pick<Seen, 'method' | 'distill_from' | 'distill_outputs'>): boolean =>
  isDistilled(settings) && settings.distill_outputs !== '';

/** Distillation (DINOv3's `distillation`; DINOv2's paper, section 5). */
export const distillation = {
  fixed: {
    teacher_network: teacherNetworkSchema
      .nullable()
      .default(null)
      .describe('The shape of the teacher that a run is distilled from. Read from distill_from when the run starts.'),
  },
  changeable: {
    distill_from: text()
      .default('')
      .describe(
        "The frozen teacher of a run of the method dinov2: a run, a checkpoint, imported weights or a file, with the heads that it was trained with. When empty: the teacher is the student's average. A resumed run may name another place of the same file.",
      ),
    distill_outputs: text()
      .default('')
      .describe(
        'A folder for what the teacher of distill_from computes: runs with the same teacher, images, seed, batch and global crops share it, and the teacher is computed once. What is not there is computed before the first step. When empty: the teacher is computed in each step.',
      ),
  },
  applies: isDistilled,
  check: ({ method, distill_from, distill_outputs, teacher_network, centering }: Seen) => {
    if (distill_from === '')
      return [
        ...(teacher_network === null
          ? []
          : ['distill_from is empty, but must name the file of the teacher, whose shape is in teacher_network']),
        ...(distill_outputs === ''
          ? []
          : [
              `distill_outputs is ${JSON.stringify(distill_outputs)}, but must be empty without a teacher (distill_from)`,
            ]),
      ];
    const given = `distill_from is ${JSON.stringify(distill_from)}`;
    if (method !== 'dinov2') return [`${given}, but must be empty for the method ${method}: set method to dinov2`];
    return centering === 'sinkhorn_knopp'
      ? []
      : [`centering is "${centering}", but must be "sinkhorn_knopp" with a teacher (distill_from)`];
  },
} satisfies SettingsPart;
