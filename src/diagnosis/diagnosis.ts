/**
 * What is going on in a run, in words: symptoms that its newest steps and probes show, and mistakes in its settings and
 * images that can be told before the first step. A mistake that explains a symptom is the cause that is named.
 */
import * as l10n from '@vscode/l10n';
import { isSelfDistillation } from '../metrics/metricsLine.js';
import type { RecentMetrics } from '../runs/recentMetrics.js';
import type { Run } from '../runs/run.js';
import { type Evidence, type Measured, mean, measure } from './evidence.js';
import {
  type Finding,
  type Level,
  type Mistake,
  type MistakeKind,
  remedyText,
  type Symptom,
  type SymptomKind,
} from './finding.js';
import { mistakesIn } from './mistakes/all.js';
import { oneDimension, sameAnswers, sameFeatures, uniform } from './symptoms/collapse.js';
import { masksTooLarge, neighborsAlike, oneHot, patchesAlike, prototypesUnused } from './symptoms/dinov2.js';
import { diverged } from './symptoms/diverged.js';
import { narrowing, towardUniform } from './symptoms/drift.js';
import { entropyText } from './symptoms/entropy.js';
import { flat, isAtLnK } from './symptoms/flat.js';
import { still, worseFeatures } from './symptoms/probes.js';
import { stalled } from './symptoms/stalled.js';
import { starved } from './symptoms/starved.js';
import { swinging } from './symptoms/swinging.js';

export { DIAGNOSIS_WINDOW, type Evidence } from './evidence.js';

export type DiagnosisKind = SymptomKind | MistakeKind | 'too-early' | 'warming-up' | 'learning';

export interface Statement {
  readonly kind: DiagnosisKind;
  /** What is seen of it in the metrics, where `kind` is the cause of that. */
  readonly symptom?: SymptomKind;
  readonly level: Level;
  /** A few words. */
  readonly title: string;
  /** What is seen, in a sentence, with the numbers. */
  readonly finding: string;
  /** What to do about it, in a sentence; absent when there is nothing to do. */
  readonly remedy?: string;
}

/** The gravest thing, and what else there is to say. */
export interface Diagnosis extends Statement {
  readonly also: readonly Statement[];
}

/** Fewer steps say nothing yet. */
const LEAST_STEPS = 30;

/** The gravest first: a collapse explains all that comes after it. */
const SYMPTOMS: readonly ((seen: Measured) => Symptom | undefined)[] = [
  oneDimension,
  uniform,
  sameAnswers,
  sameFeatures,
  patchesAlike,
  flat,
  worseFeatures,
  swinging,
  still,
  starved,
  towardUniform,
  narrowing,
  oneHot,
  prototypesUnused,
  neighborsAlike,
  masksTooLarge,
];

/** How a run stands, by its record and its newest metrics. */
export const diagnoseRun = ({ record, status }: Run, { steps, probes }: RecentMetrics, now = Date.now()): Diagnosis =>
  diagnose({
    settings: record.config,
    steps,
    probes,
    sample: record.sample,
    stepsPerEpoch: record.totals.stepsPerEpoch,
    images: record.dataset.images,
    unreadable: record.totals.unreadable,
    divergedAt: record.divergedAt,
    runningSince:
      status === 'running' && !record.computesTeacher ? Date.parse(record.startedAt ?? record.createdAt) : undefined,
    now,
  });

export function diagnose(evidence: Evidence): Diagnosis {
  const mistakes = mistakesIn(evidence);
  const stopped = diverged(evidence) ?? stalled(evidence);
  if (stopped !== undefined) return together(statement(stopped), standing(mistakes));
  if (evidence.settings.method === 'finetune') return withoutSymptom(mistakes, fineTuning(evidence) ?? TOO_EARLY);
  // What other methods measure says nothing of a teacher.
  const steps = evidence.steps.filter(isSelfDistillation);
  if (steps.length < LEAST_STEPS) return withoutSymptom(mistakes, TOO_EARLY);
  const seen = measure({ ...evidence, steps });
  const [gravest, ...others] = SYMPTOMS.flatMap((symptom) => symptom(seen) ?? []);
  if (gravest === undefined) return withoutSymptom(mistakes, warmingUp(seen) ?? learning(seen));
  const cause = causeOf(gravest, mistakes);
  const rest = standing(mistakes.filter((one) => one !== cause));
  // What a collapse does to the other numbers need not be said.
  const besides = gravest.level === 'error' ? [] : others.map(statement);
  return together(cause === undefined ? statement(gravest) : explained(gravest, cause), [...besides, ...rest]);
}

/** What is often harmless is the cause only where nothing else is set wrong. */
function causeOf({ kind }: Symptom, mistakes: readonly Mistake[]): Mistake | undefined {
  const warnings = mistakes.filter(({ level, isHarmlessAlone }) => level === 'warning' && !isHarmlessAlone);
  const suspects = warnings.length > 0 ? warnings : mistakes;
  return suspects.find(({ explains }) => explains.includes(kind));
}

/** A mistake is worth more than a state that is as it should be; a note is not. */
function withoutSymptom(mistakes: readonly Mistake[], state: Statement): Diagnosis {
  const said = standing(mistakes);
  const [first, ...rest] = said;
  return first?.level === 'warning' ? together(first, rest) : together(state, said);
}

const together = (first: Statement, also: readonly Statement[]): Diagnosis => ({ ...first, also });

/** Warnings before notes; a mistake that is mostly harmless is not mentioned. */
function standing(mistakes: readonly Mistake[]): Statement[] {
  const said = mistakes.filter(({ isHarmlessAlone }) => !isHarmlessAlone);
  return [...said.filter(({ level }) => level !== 'note'), ...said.filter(({ level }) => level === 'note')].map(
    statement,
  );
}

function statement({ kind, level, title, finding, remedies, isCurable = false }: Finding<DiagnosisKind>): Statement {
  return { kind, level, title, finding, remedy: remedyText(remedies, isCurable) };
}

/** The symptom with its cause, whose remedies come first. */
function explained(symptom: Symptom, cause: Mistake): Statement {
  const finding = `${symptom.finding} ${cause.finding}`;
  return { ...statement({ ...cause, level: symptom.level, finding }), symptom: symptom.kind };
}

const TOO_EARLY: Statement = {
  kind: 'too-early',
  level: 'note',
  title: l10n.t('too early to say'),
  finding: l10n.t('Too early to say: the first {0} steps are needed.', LEAST_STEPS),
};

/** Of labels the curves tell all: what is learned by heart is seen where the test accuracy falls behind. */
function fineTuning({ steps }: Evidence): Statement | undefined {
  if (steps.length < LEAST_STEPS) return undefined;
  const newest = steps.slice(-LEAST_STEPS);
  const loss = mean(newest, (step) => step.loss);
  return {
    kind: 'learning',
    level: 'good',
    title: l10n.t('learning'),
    finding: l10n.t('Fine-tuning: the loss is {0}, mean of the newest {1} steps.', loss.toFixed(3), newest.length),
  };
}

function warmingUp(seen: Measured): Statement | undefined {
  const { isWarmingUp, lnK, lr, settings } = seen;
  if (!isWarmingUp || !isAtLnK(seen)) return undefined;
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

const learning = (seen: Measured): Statement => ({
  kind: 'learning',
  level: 'good',
  title: l10n.t('learning'),
  finding: l10n.t('Learning: {0}, KL {1}.', entropyText(seen), seen.kl.toFixed(2)),
});
