/** A teacher that does not follow the student, is the student, or whose targets say nothing. */
import * as l10n from '@vscode/l10n';
import { isDistilled } from '../../settings/parts/distillation.js';
import { type Evidence, totalSteps } from '../evidence.js';
import { COLLAPSES, type Mistake, percent, TROUBLES } from '../finding.js';

/** The original's; higher ones are for large batches and long runs. */
const USUAL_MOMENTUM = 0.996;
/** Share of the untrained weights that a teacher may still have at the end. */
const MOST_UNTRAINED = 0.6;
/** A teacher that changes by more than a tenth a step is hardly steadier than the student. */
const LEAST_MOMENTUM = 0.9;
/** The original's advice: above, training is mostly unstable. */
const SOFT_TEACHER = 0.07;
/** Logits are cosines: at a quarter of the original's .04 the targets are one-hot, whatever the image. */
const SHARP_TEACHER = 0.01;
/** Logits are cosines: divided by this they cannot differ by more than 4, and no prototype stands out of a thousand. */
const SOFT_STUDENT = 0.5;
const USUAL = { teacherTemp: 0.04, studentTemp: 0.1, centerMomentum: 0.9 };
/** The center looks back 1 / (1 - momentum) steps: above, the prototypes are out of balance before it follows. */
const SLOW_CENTER = 0.995;
/** Below, the center is that of the last batch alone, with which small networks were seen to learn all the same. */
const QUICK_CENTER = 0.5;

/** The momentum goes to 1 along a cosine: on average half of what it lacks is made up at each step. */
export function teacherTooSlow(evidence: Evidence): Mistake | undefined {
  const { momentum_teacher } = evidence.settings;
  const untrained = Math.exp((-(1 - momentum_teacher) * totalSteps(evidence)) / 2);
  if (momentum_teacher <= USUAL_MOMENTUM || untrained <= MOST_UNTRAINED) return undefined;
  return {
    kind: 'teacher-too-slow',
    level: 'warning',
    title: l10n.t('teacher hardly moves'),
    finding: l10n.t(
      'The teacher hardly moves: with momentum_teacher {0} it is still {1} % untrained after all {2} steps, and its features are what is used.',
      momentum_teacher,
      percent(untrained),
      totalSteps(evidence),
    ),
    remedies: [l10n.t('lower momentum_teacher to {0} (now {1})', USUAL_MOMENTUM, momentum_teacher)],
    explains: ['still', 'flat', 'worse-features', 'narrowing'],
  };
}

export function teacherTooQuick({ settings }: Evidence): Mistake | undefined {
  const { momentum_teacher } = settings;
  // The average of a student that another network teaches takes no part in the loss.
  if (momentum_teacher >= LEAST_MOMENTUM || isDistilled(settings)) return undefined;
  return {
    kind: 'teacher-too-quick',
    level: 'warning',
    title: l10n.t('teacher follows too quickly'),
    finding: l10n.t(
      'The teacher is nearly the student itself (momentum_teacher {0}): the student chases its own answers.',
      momentum_teacher,
    ),
    remedies: [l10n.t('raise momentum_teacher to {0} (now {1})', USUAL_MOMENTUM, momentum_teacher)],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

/** The highest teacher temperature of the run. */
function highestTemp({ teacher_temp, warmup_teacher_temp, warmup_teacher_temp_epochs }: Evidence['settings']): number {
  return warmup_teacher_temp_epochs > 0 ? Math.max(teacher_temp, warmup_teacher_temp) : teacher_temp;
}

export function teacherTooSoft({ settings }: Evidence): Mistake | undefined {
  const { student_temp } = settings;
  const temp = highestTemp(settings);
  if (temp <= SOFT_TEACHER) return undefined;
  const isSofter = temp >= student_temp;
  return {
    kind: 'teacher-too-soft',
    level: 'warning',
    title: l10n.t('teacher temperature too high'),
    finding: isSofter
      ? l10n.t(
          'The teacher temperature, {0}, is too high: the teacher must be sharper than the student (student_temp {1}).',
          temp,
          student_temp,
        )
      : l10n.t('The teacher temperature, {0}, is too high: above {1} training is mostly unstable.', temp, SOFT_TEACHER),
    remedies: [
      l10n.t(
        'lower teacher_temp to at most {0}, and warmup_teacher_temp to 0.04 with some warmup_teacher_temp_epochs',
        SOFT_TEACHER,
      ),
    ],
    explains: ['uniform', 'flat', 'toward-uniform', 'narrowing', 'worse-features'],
    ...(!isSofter && { isHarmlessAlone: true }),
  };
}

export function teacherTooSharp({ settings }: Evidence): Mistake | undefined {
  const { teacher_temp } = settings;
  if (teacher_temp >= SHARP_TEACHER) return undefined;
  return {
    kind: 'teacher-too-sharp',
    level: 'warning',
    title: l10n.t('teacher temperature too low'),
    finding: l10n.t(
      'The teacher temperature, {0}, is too low: each image gets a single prototype as its target, by chance.',
      teacher_temp,
    ),
    remedies: [l10n.t('raise teacher_temp and warmup_teacher_temp to {0} (now {1})', USUAL.teacherTemp, teacher_temp)],
    explains: ['one-dimension', ...TROUBLES],
  };
}

export function studentTooSoft({ settings }: Evidence): Mistake | undefined {
  const { student_temp } = settings;
  if (student_temp < SOFT_STUDENT) return undefined;
  return {
    kind: 'student-too-soft',
    level: 'warning',
    title: l10n.t('student temperature too high'),
    finding: l10n.t(
      'The student temperature, {0}, is too high: the student cannot give the answers that the teacher asks for.',
      student_temp,
    ),
    remedies: [l10n.t('lower student_temp to {0} (now {1})', USUAL.studentTemp, student_temp)],
    explains: ['uniform', 'flat', 'still', ...TROUBLES],
  };
}

export function centerFixed({ settings }: Evidence): Mistake | undefined {
  const { center_momentum } = settings;
  if (center_momentum <= SLOW_CENTER) return undefined;
  return {
    kind: 'center-fixed',
    level: 'warning',
    title: l10n.t('center hardly moves'),
    finding: l10n.t(
      "The center of the teacher's outputs hardly moves (center_momentum {0}), so nothing keeps one prototype from taking all images.",
      center_momentum,
    ),
    remedies: [l10n.t('lower center_momentum to {0} (now {1})', USUAL.centerMomentum, center_momentum)],
    explains: ['one-dimension', 'same-answers', 'same-features', ...TROUBLES],
  };
}

export function centerJumps({ settings }: Evidence): Mistake | undefined {
  const { center_momentum } = settings;
  if (center_momentum >= QUICK_CENTER) return undefined;
  return {
    kind: 'center-jumps',
    level: 'warning',
    title: l10n.t('center follows single batches'),
    finding: l10n.t(
      "The center of the teacher's outputs is almost that of the last batch alone (center_momentum {0}): targets change from step to step.",
      center_momentum,
    ),
    remedies: [l10n.t('raise center_momentum to {0} (now {1})', USUAL.centerMomentum, center_momentum)],
    explains: ['uniform', 'same-answers', 'same-features', ...TROUBLES],
    isHarmlessAlone: true,
  };
}
