import { channelsRule, forChannels, seesChannels, specForChannels } from '../weights/inputChannels.js';
import type { Importable } from './importable.js';

/**
 * The same network for images of that many channels: its first layer alone is another, and the provenance says by which rule.
 * @throws Error with one sentence that names the path, when the network takes images of other than 3 channels
 */
export function withChannels(importable: Importable, channels: number, path: string): Importable {
  const { backbone, specs, read, source } = importable;
  const { inChans: from } = backbone;
  if (from === channels) return importable;
  const adapted = Object.entries(specs).map(([name, spec]) => {
    if (!seesChannels(name)) return [name, spec];
    try {
      return [name, specForChannels(spec, channels)];
    } catch (error) {
      throw new Error(`${path} ${error instanceof Error ? error.message : String(error)}.`);
    }
  });
  return {
    ...importable,
    backbone: { ...backbone, inChans: channels },
    specs: Object.fromEntries(adapted),
    read: async (name) => (seesChannels(name) ? forChannels(await read(name), channels) : read(name)),
    source: async (watching) => ({
      ...(await source(watching)),
      channels: { from, to: channels, rule: channelsRule(channels) },
    }),
  };
}
