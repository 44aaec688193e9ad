/** What a network decides, against what a person has set. */
import type { SettingKey, Settings } from './settings.js';

/** `depth 3 (it has 2)` for each setting that is other than it was decided. */
export const contradictions = (decided: Readonly<Partial<Settings>>, settings: Settings): string[] =>
  (Object.keys(decided) as SettingKey[])
    .filter((key) => decided[key] !== settings[key])
    .map((key) => `${key} ${JSON.stringify(settings[key])} (it has ${JSON.stringify(decided[key])})`);
