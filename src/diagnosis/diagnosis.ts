/**
 * What is going on in a run, in words, from its settings and its newest steps. Teacher entropy + KL(teacher || student) =
 * loss (DINO paper, section 5.3): an entropy of ln K is collapse to uniform, one of 0 collapse to one dimension, and with
 * a KL of 0 there is nothing left to learn. The limits were read off runs that learn and runs provoked to fail; a run
 * that learns has a KL of .04 ln K and more, and features that spread by .3 / sqrt(dim) and more.
 */
import * as l10n from '@vscode/l10n';
import type { StepMetrics } from '../runs/metrics.js';
import { outDimFor } from '../runs/presets.js';
import type { Run } from '../runs/run.js';
import type { Settings } from '../runs/settings.js';

export type DiagnosisKind =
  | 'too-early'
  | 'warming-up'
  | 'learning'
  | 'toward-uniform'
  | 'uniform'
  | 'one-dimension'
  | 'same-answers'
  | 'same-features'
  | 'teacher-too-soft'
  | 'flat'
  | 'not-warmed-up'
  | 'diverged'
  | 'starved'
  | 'stalled';

export interface Diagnosis {
  readonly kind: DiagnosisKind;
  readonly level: 'good' | 'note' | 'warning' | 'error';
  /** A few words. */
  readonly title: string;
  /** What is seen, in a sentence, with the numbers. */
  readonly finding: string;
  /** What to do about it, in a sentence; absent when there is nothing to do. */
  readonly remedy?: string;
}

export interface Evidence {
  readonly settings: Settings;
  /** The newest steps, oldest first; {@link DIAGNOSIS_WINDOW} of them are enough. */
  readonly steps: readonly StepMetrics[];
  readonly stepsPerEpoch: number;
  /** Pictures in the data set. */
  readonly images: number;
  /** The step whose loss or gradient was no longer finite. */
  readonly divergedAt?: number | undefined;
  /** When training began or went on, in milliseconds since 1970; absent unless it runs now. */
  readonly runningSince?: number | undefined;
  readonly now: number;
}

/** Steps that a diagnosis looks at: enough to even out the batches, few enough to follow a change. */
export const DIAGNOSIS_WINDOW = 50;
/** Fewer say nothing yet. */
const LEAST_STEPS = 30;

/** Of the entropies and the loss, as shares of ln K. */
const UNIFORM = { entropy: 0.97, kl: 0.02 };
const TOWARD_UNIFORM = { entropy: 0.85, kl: 0.06 };
const ONE_DIMENSION = { entropy: 0.02, loss: 0.06 };
const NO_KL = 0.003;
const FLAT = { loss: 0.97, fall: 0.02 };
/** Spread of the features, where 1 is 1 / sqrt(dim). */
const NO_SPREAD = 0.05;
/** Peak of the learning rate below which its lack of warm-up is no cause of failure. */
const HARMLESS_PEAK = 1e-4;
/** In a smaller batch pictures may be alike by chance. */
const LEAST_BATCH = 8;
/** The original's advice: above, training is mostly unstable. */
const SOFT_TEACHER = 0.07;
/** Share of a step's time that is spent waiting for its pictures. */
const STARVED = 0.25;
/** A step that takes so much longer than the others, and at least so long, has stalled. */
const STALLED = { times: 20, ms: 60_000, beforeFirstStepMs: 600_000 };

/** How a run stands, by its record and its newest steps. */
export const diagnoseRun = ({ record, status }: Run, steps: readonly StepMetrics[], now = Date.now()): Diagnosis =>
  diagnose({
    settings: record.config,
    steps,
    stepsPerEpoch: record.totals.stepsPerEpoch,
    images: record.dataset.images,
    divergedAt: record.divergedAt,
    runningSince: status === 'running' ? Date.parse(record.startedAt ?? record.createdAt) : undefined,
    now,
  });

/** The gravest thing that the numbers show. */
export function diagnose(evidence: Evidence): Diagnosis {
  if (evidence.divergedAt !== undefined) return diverged(evidence, evidence.divergedAt);
  const stall = stalled(evidence);
  if (stall !== undefined) return stall;
  if (evidence.steps.length < LEAST_STEPS) return TOO_EARLY;
  const seen = measure(evidence);
  const failure = collapse(seen) ?? flat(seen);
  if (failure !== undefined) return notWarmedUp(failure, seen) ?? failure;
  return starved(seen) ?? drift(seen) ?? warmingUp(seen) ?? learning(seen);
}

const TOO_EARLY: Diagnosis = {
  kind: 'too-early',
  level: 'note',
  title: l10n.t('too early to say'),
  finding: l10n.t('Too early to say: the first {0} steps are needed.', LEAST_STEPS),
};

/** The newest steps in a few numbers. */
interface Measured extends Evidence {
  readonly lnK: number;
  readonly loss: number;
  /** How far the loss fell within the window, half against half. */
  readonly fall: number;
  readonly entropy: number;
  readonly kl: number;
  /** 1 is 1 / sqrt(dim). */
  readonly spread: number;
  readonly teacherTemp: number;
  readonly lr: number;
  readonly waiting: number;
  /** Whether the window began before the learning rate's peak. */
  readonly isWarmingUp: boolean;
}

function measure(evidence: Evidence): Measured {
  const steps = evidence.steps.slice(-DIAGNOSIS_WINDOW);
  const { settings, stepsPerEpoch } = evidence;
  const half = steps.length >> 1;
  const last = steps.at(-1);
  const stepMs = (step: StepMetrics) => (1000 * settings.batch_size) / step.images_per_s;
  return {
    ...evidence,
    lnK: Math.log(settings.out_dim),
    loss: mean(steps, ({ loss }) => loss),
    fall: mean(steps.slice(0, half), ({ loss }) => loss) - mean(steps.slice(half), ({ loss }) => loss),
    entropy: mean(steps, (step) => step.teacher_entropy),
    kl: mean(steps, ({ kl }) => kl),
    spread: mean(steps, (step) => step.feature_std) * Math.sqrt(settings.embed_dim),
    teacherTemp: last?.teacher_temp ?? settings.teacher_temp,
    lr: last?.lr ?? 0,
    waiting: mean(steps, (step) => step.data_wait_ms) / mean(steps, stepMs),
    isWarmingUp: (steps[0]?.step ?? 0) < settings.warmup_epochs * stepsPerEpoch,
  };
}

/** Of what was measured: JSON has null for a number that was not finite, and that is not a 0. */
const mean = (steps: readonly StepMetrics[], value: (step: StepMetrics) => number): number => {
  const measured = steps.map(value).filter(Number.isFinite);
  return measured.reduce((sum, one) => sum + one, 0) / measured.length;
};

function diverged({ settings }: Evidence, step: number): Diagnosis {
  return {
    kind: 'diverged',
    level: 'error',
    title: l10n.t('diverged'),
    finding: l10n.t('Training diverged: at step {0} the loss or the gradient was no longer a finite number.', step),
    remedy: advice([
      warmUp(settings),
      l10n.t('lower lr (now {0})', settings.lr),
      settings.clip_grad === 0 || settings.clip_grad > 3
        ? l10n.t('set clip_grad to 3 (now {0})', settings.clip_grad)
        : l10n.t('lower clip_grad'),
    ]),
  };
}

function stalled({ steps, runningSince, now }: Evidence): Diagnosis | undefined {
  if (runningSince === undefined) return undefined;
  const times = steps.map(({ time }) => time);
  const pauses = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const usual = pauses.sort((a, b) => a - b)[pauses.length >> 1];
  // A resumed run's last step may be of yesterday.
  const silence = now - Math.max(times.at(-1) ?? 0, runningSince);
  const patience =
    usual === undefined ? STALLED.beforeFirstStepMs : Math.max(STALLED.ms, STALLED.times * Math.max(0, usual));
  if (silence <= patience) return undefined;
  return {
    kind: 'stalled',
    level: 'warning',
    title: l10n.t('stalled'),
    finding:
      usual === undefined
        ? l10n.t('Stalled: no step for {0}.', minutes(silence))
        : l10n.t('Stalled: no step for {0}, where a step takes {1}.', minutes(silence), seconds(usual)),
    remedy: advice([
      l10n.t('look at the log, and at the memory and disk of the machine'),
      l10n.t('stop the run and resume it from its last checkpoint'),
    ]),
  };
}

function collapse(seen: Measured): Diagnosis | undefined {
  const { settings, lnK, entropy, loss, kl, spread, teacherTemp, isWarmingUp } = seen;
  if (entropy < ONE_DIMENSION.entropy * lnK && loss < ONE_DIMENSION.loss * lnK) {
    return {
      kind: 'one-dimension',
      level: 'error',
      title: l10n.t('collapsed to one dimension'),
      finding: l10n.t(
        'Collapsed to one dimension: the teacher gives every picture the same prototype ({0}, 0 is collapse).',
        entropyOf(seen),
      ),
      remedy: anew([
        settings.center_momentum > 0.9 &&
          l10n.t('center more: center_momentum 0.9 (now {0})', settings.center_momentum),
        l10n.t('sharpen less: raise teacher_temp (now {0})', teacherTemp),
        warmUp(settings),
        settings.center_momentum <= 0.9 && l10n.t('lower lr (now {0})', settings.lr),
      ]),
    };
  }
  if (entropy > UNIFORM.entropy * lnK && kl < UNIFORM.kl * lnK) {
    if (teacherTemp > SOFT_TEACHER) {
      return tooSoft(
        teacherTemp,
        l10n.t('its outputs have collapsed to uniform ({0}, ln K is collapse)', entropyOf(seen)),
        'error',
      );
    }
    if (isWarmingUp) return undefined;
    return {
      kind: 'uniform',
      level: 'error',
      title: l10n.t('collapsed to uniform'),
      finding: l10n.t(
        'Collapsed to uniform: to the teacher all prototypes fit every picture alike ({0}, ln K is collapse).',
        entropyOf(seen),
      ),
      remedy: anew([...sharper(seen), l10n.t('lower lr (now {0})', settings.lr)]),
    };
  }
  if (kl < NO_KL * lnK) {
    return {
      kind: 'same-answers',
      level: 'error',
      title: l10n.t('nothing to learn'),
      finding: l10n.t(
        "Collapsed: the student gives the teacher's answer for every crop (KL {0}), so there is nothing left to learn.",
        kl.toFixed(4),
      ),
      remedy: anew([
        l10n.t('lower lr (now {0})', settings.lr),
        l10n.t('raise momentum_teacher (now {0})', settings.momentum_teacher),
      ]),
    };
  }
  if (spread < NO_SPREAD && settings.batch_size >= LEAST_BATCH) {
    const healthy = 0.5 / Math.sqrt(settings.embed_dim);
    return {
      kind: 'same-features',
      level: 'error',
      title: l10n.t('same features for all'),
      finding: l10n.t(
        'Collapsed: the backbone gives all pictures nearly the same features (their spread is {0}, where about {1} is healthy).',
        (spread * 2 * healthy).toFixed(4),
        healthy.toFixed(2),
      ),
      remedy: anew([l10n.t('lower lr (now {0})', settings.lr)]),
    };
  }
  return undefined;
}

const tooSoft = (teacherTemp: number, because: string, level: 'warning' | 'error'): Diagnosis => ({
  kind: 'teacher-too-soft',
  level,
  title: l10n.t('teacher temperature too high'),
  finding: l10n.t('The teacher temperature, {0}, is too high: {1}.', teacherTemp, because),
  remedy: anew([
    l10n.t(
      'lower teacher_temp to at most {0}, and warmup_teacher_temp to 0.04 with some warmup_teacher_temp_epochs',
      SOFT_TEACHER,
    ),
  ]),
});

function flat(seen: Measured): Diagnosis | undefined {
  const { settings, lnK, loss, fall, isWarmingUp } = seen;
  if (loss < FLAT.loss * lnK || fall > FLAT.fall * lnK || isWarmingUp) return undefined;
  return {
    kind: 'flat',
    level: 'error',
    title: l10n.t('loss flat at ln K'),
    finding: l10n.t(
      'The loss stays at ln K = {0} (now {1}), as if the student told nothing apart: it does not learn.',
      lnK.toFixed(2),
      loss.toFixed(2),
    ),
    remedy:
      peakOf(settings) < 1e-6
        ? anew([l10n.t("raise lr (now {0}; 0.0005 is the original's)", settings.lr)])
        : anew([
            ...sharper(seen),
            l10n.t(
              'raise freeze_last_layer (now {0}) or warmup_epochs (now {1})',
              settings.freeze_last_layer,
              settings.warmup_epochs,
            ),
          ]),
  };
}

/** The original's scaling of the rate by the batch. */
const peakOf = ({ lr, batch_size }: Settings): number => (lr * batch_size) / 256;

/** A failure that is laid to a learning rate that began at its highest; undefined when it was warmed up, or something else is likelier. */
function notWarmedUp({ kind, finding }: Diagnosis, { settings }: Measured): Diagnosis | undefined {
  const { warmup_epochs, center_momentum, lr } = settings;
  if (warmup_epochs > 0 || peakOf(settings) <= HARMLESS_PEAK || kind === 'teacher-too-soft') return undefined;
  if (kind === 'one-dimension' && center_momentum > 0.9) return undefined;
  return {
    kind: 'not-warmed-up',
    level: 'error',
    title: l10n.t('learning rate not warmed up'),
    finding: l10n.t(
      '{0} The learning rate was not warmed up (warmup_epochs is 0): it began at its highest, {1}.',
      finding,
      Number(peakOf(settings).toPrecision(2)),
    ),
    remedy: anew([l10n.t('warm it up: warmup_epochs 10 (now 0)'), l10n.t('lower lr (now {0})', lr)]),
  };
}

function starved({ waiting, settings }: Measured): Diagnosis | undefined {
  if (waiting < STARVED) return undefined;
  return {
    kind: 'starved',
    level: 'warning',
    title: l10n.t('waiting for data'),
    finding: l10n.t(
      'Starved of data: {0} % of the time the step waits for its pictures.',
      Math.min(99, Math.round(100 * waiting)),
    ),
    remedy: advice([
      l10n.t('raise num_workers (now {0}; resuming may change it)', settings.num_workers),
      l10n.t('keep smaller copies of the pictures, on a fast disk'),
    ]),
  };
}

function drift(seen: Measured): Diagnosis | undefined {
  const { settings, lnK, entropy, kl, teacherTemp, isWarmingUp } = seen;
  if (teacherTemp >= settings.student_temp)
    return tooSoft(
      teacherTemp,
      l10n.t('the teacher is to be sharper than the student (student_temp {0})', settings.student_temp),
      'warning',
    );
  if (isWarmingUp || entropy < TOWARD_UNIFORM.entropy * lnK || kl > TOWARD_UNIFORM.kl * lnK) return undefined;
  return {
    kind: 'toward-uniform',
    level: 'warning',
    title: l10n.t('close to uniform'),
    finding: l10n.t(
      'Coming close to collapse: the teacher is nearly uniform ({0}) and the student nearly agrees (KL {1}).',
      entropyOf(seen),
      kl.toFixed(2),
    ),
    remedy: anew([...sharper(seen), l10n.t('lower lr (now {0})', settings.lr)]),
  };
}

function warmingUp(seen: Measured): Diagnosis | undefined {
  const { isWarmingUp, loss, lnK, lr, settings } = seen;
  if (!isWarmingUp || loss < FLAT.loss * lnK) return undefined;
  return {
    kind: 'warming-up',
    level: 'note',
    title: l10n.t('warming up'),
    finding: l10n.t(
      'The learning rate is still warming up ({0} until now, the highest comes after epoch {1}): a loss near ln K = {2} is usual until then.',
      lr.toExponential(1),
      settings.warmup_epochs,
      lnK.toFixed(2),
    ),
  };
}

const learning = (seen: Measured): Diagnosis => ({
  kind: 'learning',
  level: 'good',
  title: l10n.t('learning'),
  finding: l10n.t('Learning: {0}, KL {1}.', entropyOf(seen), seen.kl.toFixed(2)),
});

/** What makes the teacher's outputs less uniform. */
const sharper = ({ settings, images, teacherTemp }: Measured): (string | false)[] => {
  const fitting = outDimFor(images);
  return [
    l10n.t('sharpen more: lower teacher_temp and warmup_teacher_temp (now {0})', teacherTemp),
    settings.out_dim > fitting &&
      l10n.t('fewer prototypes: out_dim {0} suits {1} pictures (now {2})', fitting, images, settings.out_dim),
  ];
};

const warmUp = ({ warmup_epochs }: Settings): string | false =>
  warmup_epochs === 0 && l10n.t('warm the learning rate up: it was not, warmup_epochs is 0');

const entropyOf = ({ entropy, lnK }: Measured): string =>
  l10n.t('teacher entropy {0} of ln K = {1}', entropy.toFixed(2), lnK.toFixed(2));

/** Of what may help, the likeliest first. */
const advice = (parts: readonly (string | false)[]): string => {
  const [first = '', ...rest] = parts.filter((part) => part !== false).slice(0, 3);
  const all = [first.charAt(0).toUpperCase() + first.slice(1), ...rest];
  return `${all.reduce((before, part) => l10n.t('{0}; or {1}', before, part))}.`;
};

/** What is computed cannot be changed while a run goes on. */
const anew = (parts: readonly (string | false)[]): string =>
  l10n.t('Start a new run with other settings. {0}', advice(parts));

const seconds = (ms: number): string => l10n.t('{0} s', (ms / 1000).toPrecision(2));

const minutes = (ms: number): string => l10n.t('{0} min', Math.round(ms / 60_000));
