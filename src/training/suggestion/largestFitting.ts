/** The largest run that fits the memory, where what was asked for does not and no change with the same result is enough. */
import type { EngineName } from '../../engines/abilities.js';
import { betweenStages } from '../../engines/stop.js';
import { keyOfPair } from '../../settings/keyValue.js';
import { takesPlaceOf } from '../../settings/originalArguments.js';
import type { PresetName } from '../../settings/presets.js';
import { SettingsError } from '../../settings/problems.js';
import type { Settings } from '../../settings/settings.js';
import { prepareNew, type ReadData, type TrainRun } from '../prepare.js';
import { dataSizeOf } from './dataSize.js';
import { type Fitting, fitting } from './memory.js';
import { fewerPrototypes, type Smallness, smallerBatches, smallerCrops, smallerPresets } from './smallerRun.js';

export type RunRequest = Omit<TrainRun, 'run' | 'resume'>;

/** What does not fit. */
export interface TooLarge {
  readonly request: RunRequest;
  readonly read: ReadData;
  readonly settings: Settings;
  readonly preset: string | undefined;
  readonly engine: EngineName;
  /** Bytes that the run may take. */
  readonly mostBytes: number;
}

/** A smaller run; the change by which it fits is in `set`, too. */
export interface SmallerRun extends Fitting {
  readonly instead: Smallness;
  readonly settings: Settings;
}

export interface SmallerRuns {
  /** The largest that fits. */
  readonly found?: SmallerRun;
  /** The one that takes least of those that were looked at; absent where nothing can be made smaller. */
  readonly least?: SmallerRun;
}

/**
 * First of the same network, then of smaller ones; crops are made smaller when that is not enough. Each list of ever smaller runs is
 * asked for its last one first: mostly that says that no other of them fits.
 */
export async function largestFitting(asked: TooLarge, stop: AbortSignal): Promise<SmallerRuns> {
  const search = new Search(asked, stop);
  return { ...(await search.found()), ...(search.least && { least: search.least }) };
}

class Search {
  least: SmallerRun | undefined;

  constructor(
    private readonly asked: TooLarge,
    private readonly stop: AbortSignal,
  ) {}

  async found(): Promise<Pick<SmallerRuns, 'found'>> {
    const networks = await this.#networks();
    for (const lists of [this.#sameCrops, this.#smallerCrops])
      for (const network of networks)
        for (const list of lists.call(this, network)) {
          const found = await this.#firstThatFits(list);
          if (found !== undefined) return { found };
        }
    return {};
  }

  /** The one that was asked for, then smaller ones. */
  async #networks(): Promise<Network[]> {
    const { request, settings, preset } = this.asked;
    const networks: Network[] = [{ settings }];
    // A preset's network would be overruled by the weights, and the file chose all there is to choose.
    if (request.init !== undefined || request.configFile !== undefined) return networks;
    for (const smaller of smallerPresets(settings, preset)) {
      const run = await this.#fitted({ preset: smaller, set: {} });
      if (run !== undefined) networks.push({ preset: smaller, settings: run.settings });
    }
    return networks;
  }

  #sameCrops({ preset, settings }: Network): Smallness[][] {
    const [batches, prototypes] = [smallerBatches(settings), this.#fewerPrototypes(settings)];
    const withPreset = (set: Smallness['set']): Smallness => ({ ...(preset !== undefined && { preset }), set });
    return [
      [...(preset === undefined ? [] : [{}]), ...batches],
      ...(prototypes === undefined ? [] : [[prototypes, ...batches.map((batch) => ({ ...prototypes, ...batch }))]]),
    ].map((list) => list.map(withPreset));
  }

  #smallerCrops({ preset, settings }: Network): Smallness[][] {
    const [batches, prototypes] = [smallerBatches(settings), this.#fewerPrototypes(settings)];
    const last = batches.at(-1);
    return [{}, ...(last === undefined ? [] : [last])].map((batch) =>
      smallerCrops(settings).map((crops) => ({
        ...(preset !== undefined && { preset }),
        set: { ...prototypes, ...batch, ...crops },
      })),
    );
  }

  #fewerPrototypes(settings: Settings): Smallness['set'] | undefined {
    const { request, read } = this.asked;
    // A head that is kept has as many as it was trained with.
    return request.init?.head === 'kept' ? undefined : fewerPrototypes(settings, read.dataset.size);
  }

  /** @param list of ever smaller runs */
  async #firstThatFits(list: readonly Smallness[]): Promise<SmallerRun | undefined> {
    let [tooLarge, at] = [-1, list.length - 1];
    const last = list[at];
    let found = last && (await this.#fitted(last));
    if (found?.fits !== true) return undefined;
    while (at - tooLarge > 1) {
      const middle = Math.floor((tooLarge + at) / 2);
      const run = await this.#fitted(list[middle] as Smallness);
      if (run?.fits === true) [found, at] = [run, middle];
      else tooLarge = middle;
    }
    return found;
  }

  /** Undefined where its settings do not fit together. */
  async #fitted(instead: Smallness): Promise<SmallerRun | undefined> {
    const { request, read, engine, mostBytes } = this.asked;
    await betweenStages(this.stop);
    try {
      const preparation = await prepareNew(withSmallness(request, instead), read, this.stop);
      const { settings } = preparation;
      const run = { instead, settings, ...(await fitting(settings, dataSizeOf(preparation), engine, mostBytes)) };
      if (run.memory < (this.least?.memory ?? Number.POSITIVE_INFINITY)) this.least = run;
      return run;
    } catch (error) {
      if (error instanceof SettingsError) return undefined;
      throw error;
    }
  }
}

interface Network {
  readonly preset?: PresetName;
  /** As they are with it, before anything else is made smaller. */
  readonly settings: Settings;
}

/** The same, but for that. */
export function withSmallness(request: RunRequest, { preset, set }: Smallness): RunRequest {
  const { settings = [] } = request;
  const isKept = (key: string) => !takesPlaceOf(set, key);
  const all = isPairs(settings)
    ? [
        ...settings.filter((pair) => isKept(keyOfPair(pair))),
        ...Object.entries(set).map(([key, value]) => `${key}=${value}`),
      ]
    : { ...Object.fromEntries(Object.entries(settings).filter(([key]) => isKept(key))), ...set };
  return { ...request, ...(preset !== undefined && { preset }), settings: all };
}

const isPairs = (settings: NonNullable<RunRequest['settings']>): settings is readonly string[] =>
  Array.isArray(settings);
