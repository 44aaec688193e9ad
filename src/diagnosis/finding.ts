/** What a diagnosis is put together from: something seen, or something set, and what to do about it. */
import * as l10n from '@vscode/l10n';

/** Seen in the metrics. */
export type SymptomKind =
  | 'diverged'
  | 'stalled'
  | 'uniform'
  | 'one-dimension'
  | 'same-answers'
  | 'same-features'
  | 'flat'
  | 'worse-features'
  | 'swinging'
  | 'still'
  | 'starved'
  | 'toward-uniform'
  | 'narrowing'
  | 'patches-alike'
  | 'one-hot'
  | 'prototypes-unused'
  | 'neighbors-alike'
  | 'masks-too-large';

/** Seen in the settings and the images, before the first step. */
export type MistakeKind =
  | 'not-warmed-up'
  | 'warm-up-too-short'
  | 'warm-up-too-long'
  | 'rate-too-low'
  | 'rate-too-high'
  | 'rate-rises'
  | 'teacher-too-slow'
  | 'teacher-too-quick'
  | 'teacher-too-soft'
  | 'teacher-too-sharp'
  | 'student-too-soft'
  | 'center-fixed'
  | 'center-jumps'
  | 'too-many-prototypes'
  | 'too-few-prototypes'
  | 'prototypes-shared-thin'
  | 'bottleneck-too-narrow'
  | 'one-patch'
  | 'global-crops-too-small'
  | 'local-crops-too-small'
  | 'crops-exchanged'
  | 'views-alike'
  | 'no-local-crops'
  | 'colors-destroyed'
  | 'blurred-away'
  | 'weight-decay-too-high'
  | 'drop-path-too-high'
  | 'clipped-to-nothing'
  | 'batch-too-small'
  | 'too-few-steps'
  | 'too-few-images'
  | 'last-layer-frozen'
  | 'blank-images'
  | 'images-alike'
  | 'images-enlarged'
  | 'images-shrunk'
  | 'unreadable-images';

export type Level = 'good' | 'note' | 'warning' | 'error';

/** Of what may help, the likeliest first; what is false does not apply here. At least one does. */
export type Remedies = readonly (string | false)[];

export interface Finding<Kind extends string> {
  readonly kind: Kind;
  readonly level: Level;
  /** A few words. */
  readonly title: string;
  /** What is seen, in a sentence, with the numbers. */
  readonly finding: string;
  readonly remedies: Remedies;
  /** Whether the remedies can be had without a new run. */
  readonly isCurable?: boolean;
}

export type Symptom = Finding<SymptomKind>;

export interface Mistake extends Finding<MistakeKind> {
  /** What it brings about. */
  readonly explains: readonly SymptomKind[];
  /** It is often harmless: it is worth a word only where it explains something. */
  readonly isHarmlessAlone?: true;
}

/** All that a network may end as when its training is set up wrong. */
export const COLLAPSES: readonly SymptomKind[] = ['uniform', 'one-dimension', 'same-answers', 'same-features'];
/** A training that goes wrong, but has not collapsed. */
export const TROUBLES: readonly SymptomKind[] = ['worse-features', 'swinging', 'toward-uniform', 'narrowing'];

/** Remedies that are named; more would be a list of all settings. */
const MOST_REMEDIES = 3;

/** A sentence or two of the likeliest of them. */
export function remedyText(remedies: Remedies, isCurable: boolean): string {
  const named = remedies.filter((part) => part !== false).slice(0, MOST_REMEDIES);
  const parts = named.reduce((before, part) => l10n.t('{0}; or {1}', before, part));
  const advice = `${parts.charAt(0).toUpperCase()}${parts.slice(1)}.`;
  // What is computed cannot be changed while a run goes on.
  return isCurable ? advice : l10n.t('Start a new run with other settings. {0}', advice);
}

/** With at most two significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(2));

export const percent = (share: number): number => Math.round(100 * share);
