/** What the reasons of a suggestion are made of. */
import { modalityOf } from '../../data/modalities/index.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import type { SettingKey, Settings } from '../../settings/settings.js';
import { countedInGroups } from '../../text/counted.js';
import type { Preparation } from '../prepare.js';
import type { Smallness } from './smallerRun.js';

/** A value, and why. */
export type Line = Omit<SuggestedLine, 'subject'>;

/** What was asked for, and what takes its place because it does not fit the memory. */
export interface Replaced {
  readonly by: Smallness;
  readonly settings: Settings;
  readonly preset: string | undefined;
}

/** Whether a person has set it: under any of its names, on the command line, in a config file or in VS Code. */
export const isChosen = (key: SettingKey, { origin }: Preparation): boolean =>
  ['set', 'file', 'editor'].includes(origin[key]);

/** The reasons that there are, in this order. */
export const clauses = (...all: readonly (string | false | undefined)[]): string =>
  all.filter((clause) => typeof clause === 'string').join('; ');

/** `640 images` */
export const countOf = (dataset: Preparation['dataset']): string =>
  countedInGroups(dataset.size, modalityOf(dataset).item, dataset.modality);
