/** What commands of the command line compute with: the network and the engine that were asked for, and progress on stderr. */
import { chooseEngine } from '../engines/choose.js';
import type { Computing } from '../evaluation/evaluation.js';
import { type LoadedNetwork, loadNetwork } from '../runs/network.js';
import { type CheckpointOptions, type EngineChoice, loadOptions } from './options.js';
import { ProgressLine, writeNotes } from './terminal.js';

/** What `--json` says of the network that was used. */
export const aboutNetwork = ({ name, network, step }: LoadedNetwork) => ({
  checkpoint: name,
  network: network ?? null,
  step,
});

/** @param notes of the data, which are written first */
export async function computeWith<Result>(
  options: CheckpointOptions & { readonly engine: EngineChoice },
  notes: readonly string[],
  work: (by: Computing, notes: readonly string[], line: ProgressLine) => Promise<Result>,
): Promise<Result> {
  const network = await loadNetwork(options.checkpoint, loadOptions(options));
  const all = [...notes.map((note) => `${note}.`), ...network.notes];
  writeNotes(all);
  const engine = await chooseEngine(options.engine);
  const line = new ProgressLine();
  const by: Computing = {
    network,
    engine,
    signal: new AbortController().signal,
    progress: (done, total, of) => line.update(done, total, `${of}: ${done}/${total}`),
    warn: (message) => line.note(`warn: ${message}`),
  };
  try {
    return await work(by, all, line);
  } finally {
    line.end();
  }
}
