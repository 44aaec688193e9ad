/** What the keys of DINOv2's configs come to: settings, or a sentence that says why not. */
import { ONLY_VALUE, SETTING_OF_KEY, UNUSED } from './dinov2Arguments.js';
import { shown, unknownKey } from './problems.js';
import type { Translated } from './translateOriginal.js';

type Values = Readonly<Record<string, unknown>>;

const ENABLED = 'distillation.enabled';
const TEACHER = 'distillation.checkpoint_path';
const KNOWN = [...Object.keys(SETTING_OF_KEY), ...Object.keys(ONLY_VALUE), ENABLED, TEACHER];

/**
 * Keys with a group, such as `optim.epochs`, in a config file or as single settings; others are left as they are.
 * @param all the values of all origins, the nearest to the run winning
 */
export function translateDinov2(given: Values, where: string, all: Values): Translated {
  const { [ENABLED]: _, [TEACHER]: __, ...values } = given;
  const settings: Record<string, unknown> = { ...teacherOf(given, all) };
  const problems: string[] = teacherProblems(given, where, all);
  const unused = new Map<string, string[]>();
  for (const [key, value] of Object.entries(values)) {
    const setting = key.includes('.') ? SETTING_OF_KEY[key] : key;
    const only = ONLY_VALUE[key];
    const why = UNUSED.find(({ keys }) => keys.test(key))?.why;
    if (setting !== undefined) settings[setting] = value;
    else if (only !== undefined) {
      if (value !== only.value) problems.push(refused(key, value, only, where));
    } else if (why !== undefined) unused.set(why, [...(unused.get(why) ?? []), key]);
    else problems.push(unknownKey(key, where, KNOWN));
  }
  const notes = [...unused].map(([why, keys]) => ({ text: `${keys.join(', ')} not used: ${why}`, settings: {} }));
  return { values: settings, notes, problems };
}

/** The original reads the teacher's path where distillation is enabled. */
const teacherOf = (given: Values, all: Values): Values =>
  all[ENABLED] === true && given[TEACHER] !== undefined ? { distill_from: given[TEACHER] } : {};

function teacherProblems(given: Values, where: string, all: Values): string[] {
  const { [ENABLED]: enabled } = given;
  if (enabled === undefined || enabled === false) return [];
  if (enabled !== true) return [`${ENABLED} is ${shown(enabled)}${where}, but must be true or false.`];
  const path = all[TEACHER] ?? all['distill_from'];
  return path === undefined || path === ''
    ? [`${ENABLED} is true${where}, but needs the file of the teacher: ${TEACHER} is ${shown(path)}.`]
    : [];
}

function refused(
  key: string,
  value: unknown,
  { value: wanted, instead }: { readonly value: unknown; readonly instead?: string },
  where: string,
): string {
  const advice = instead === undefined ? '' : `; ${instead}`;
  return `${key} is ${shown(value)}${where}, but only ${shown(wanted)} can be had${advice}.`;
}
