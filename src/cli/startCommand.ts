/** The command that starts what was suggested. */
import { keyOfPair } from '../settings/keyValue.js';
import { takesPlaceOf } from '../settings/originalArguments.js';
import type { Suggestion } from '../training/suggestion/suggest.js';

/** What a person has asked for. */
export interface Asked {
  readonly method?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly init?: string;
}

/** With all that was asked for. A fine-tuning has a command of its own. */
export function startCommand(
  data: string,
  { set, settings, instead }: Pick<Suggestion, 'set' | 'settings' | 'instead'>,
  { config, init, engine, set: given, ...asked }: Asked,
): string {
  const preset = instead?.preset ?? asked.preset;
  const isFineTuning = settings.method === 'finetune';
  const suggested = Object.entries(set).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const isSaid = (key: string) => takesPlaceOf(set, key) || (isFineTuning && key === 'method');
  const kept = given.filter((pair) => !isSaid(keyOfPair(pair)));
  const method = isFineTuning ? undefined : asked.method;
  const words = [
    ...(isFineTuning && init !== undefined ? ['finetune', pathWord(init), pathWord(data)] : ['train', pathWord(data)]),
    ...['--out', 'RUN'],
    ...(method === undefined ? [] : ['--method', method]),
    ...(preset === undefined ? [] : ['--preset', preset]),
    ...(config === undefined ? [] : ['--config', config]),
    ...(init === undefined || isFineTuning ? [] : ['--init', init]),
    ...(engine === undefined ? [] : ['--engine', engine]),
    ...[...kept, ...suggested].flatMap((pair) => ['--set', pair]),
  ];
  return `dino ${words.map((word) => shellWord(word)).join(' ')}`;
}

/** A name that begins as an option does would be taken for one. */
const pathWord = (path: string): string => (path.startsWith('-') ? `./${path}` : path);

/**
 * Quoted where a shell would take it apart. Windows' shells know double quotes; in them other shells still replace some characters,
 * which single quotes keep.
 */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
