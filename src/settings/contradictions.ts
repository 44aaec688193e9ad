/** What a network decides, against what a person has set. */
import type { SettingKey, Settings } from './settings.js';

/** `depth 3 (it has 2)` for each setting that is other than it was decided; one that is not set is none. */
export const contradictions = (
  decided: Readonly<Partial<Settings>>,
  settings: Readonly<Partial<Record<SettingKey, unknown>>>,
): string[] =>
  (Object.keys(decided) as SettingKey[])
    .filter((key) => settings[key] !== undefined && decided[key] !== settings[key])
    .map((key) => `${key} ${JSON.stringify(settings[key])} (it has ${JSON.stringify(decided[key])})`);

/** What to do about them. */
export const leaveOut = (wrong: readonly string[]): string =>
  `leave ${wrong.length === 1 ? 'this setting' : 'these settings'} out`;
