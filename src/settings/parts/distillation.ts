import { teacherNetworkSchema } from '../networkSchema.js';
import type { SettingsPart } from '../part.js';
import { text } from '../values.js';

interface Seen {
  readonly method: string;
  readonly distill_from: string;
  readonly teacher_network: object | null;
  readonly centering: string;
}

/** Whether a run has a teacher that stays as it was given. */
export const isDistilled = ({ method, distill_from }: Pick<Seen, 'method' | 'distill_from'>): boolean =>
  method === 'dinov2' && distill_from !== '';

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
  },
  applies: isDistilled,
  check: ({ method, distill_from, teacher_network, centering }: Seen) => {
    if (distill_from === '')
      return teacher_network === null
        ? []
        : ['distill_from is empty, but must name the file of the teacher, whose shape is in teacher_network'];
    const given = `distill_from is ${JSON.stringify(distill_from)}`;
    if (method !== 'dinov2') return [`${given}, but must be empty for the method ${method}: set method to dinov2`];
    return centering === 'sinkhorn_knopp'
      ? []
      : [`centering is "${centering}", but must be "sinkhorn_knopp" with a teacher (distill_from)`];
  },
} satisfies SettingsPart;
