/**
 * DINOv2's training with a frozen teacher in the place of the student's own average (Oquab et al. 2023, arXiv 2304.07193, section 5;
 * ssl_meta_arch.py of facebookresearch/dinov3, `distillation`).
 */
import { type BackboneSpec, backboneOf } from '../backbones/index.js';
import type { Method } from '../method.js';
import { type NetworkSpec, networkOf } from '../network.js';
import { type Dinov2, type Dinov2Spec, dinov2 } from './dinov2.js';
import { computedFeatures } from './teacherFeatures.js';

export interface DistillationSpec extends Omit<Dinov2Spec, 'studentSeesAll'> {
  /** Larger, as a rule: width, depth and hidden layers are its own; patch size and numbers of prototypes are the student's. */
  readonly teacher: NetworkSpec;
}

export interface Distillation extends Omit<Dinov2, 'role'> {
  readonly role: 'student' | 'ema' | 'teacher';
}

/**
 * As {@link dinov2}, but for three things: the teacher stays as it was given; the average of the student, `ema`, which is the result, takes
 * no part in the loss; and no patch is hidden from the student, so that it needs no `mask_token`: the masks only say at which patches the
 * iBOT loss is taken.
 * @param featuresOf how the features of the teacher's backbone come about
 */
export function distillation(
  { teacher, ...spec }: DistillationSpec,
  featuresOf = computedFeatures,
): Method<Distillation> {
  const ofDinov2 = dinov2({ ...spec, studentSeesAll: true }, featuresOf);
  const { student } = ofDinov2.roles;
  requireAlike(spec.network, teacher);
  return {
    ...ofDinov2,
    name: 'distillation',
    identity: JSON.stringify({ teacher, ...spec }),
    roles: {
      student,
      ema: { network: student.network, is: { averageOf: 'student' } },
      teacher: { network: networkOf(teacher), is: 'frozen' },
    },
  };
}

/** Both score the same prototypes of the same patches. */
function requireAlike(student: NetworkSpec, teacher: NetworkSpec): void {
  const outputs = ({ head, patchHead }: NetworkSpec) => [head.outDim, patchHead?.outDim];
  const seen = ({ backbone }: NetworkSpec) => [backboneOf(backbone).inChans, patchSizeOf(backbone)];
  if (JSON.stringify([outputs(student), seen(student)]) !== JSON.stringify([outputs(teacher), seen(teacher)]))
    throw new Error('Student and teacher must have the same patch size, channels and numbers of prototypes.');
}

const patchSizeOf = (backbone: BackboneSpec): number | undefined =>
  backbone.kind === 'vit' ? backbone.patchSize : undefined;
