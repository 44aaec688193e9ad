/** What the keys of DINOv2's configs come to: settings, or a sentence that says why not. */
import { ONLY_VALUE, SETTING_OF_KEY, UNUSED } from './dinov2Arguments.js';
import { shown, unknownKey } from './problems.js';
import type { Translated } from './translateOriginal.js';

type Values = Readonly<Record<string, unknown>>;

const KNOWN = [...Object.keys(SETTING_OF_KEY), ...Object.keys(ONLY_VALUE)];

/** Keys with a group, such as `optim.epochs`, in a config file or as single settings; others are left as they are. */
export function translateDinov2(values: Values, where: string): Translated {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
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

function refused(
  key: string,
  value: unknown,
  { value: wanted, instead }: { readonly value: unknown; readonly instead?: string },
  where: string,
): string {
  const advice = instead === undefined ? '' : `; ${instead}`;
  return `${key} is ${shown(value)}${where}, but only ${shown(wanted)} can be had${advice}.`;
}
