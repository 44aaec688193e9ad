/** What can be imported: weights of another program, or what an earlier import made of them. */
import { join } from 'node:path';
import type { BackboneSpec } from '../method/backbones/index.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';
import type { HostTensor, NamedSpecs } from '../program/program.js';
import { openNetwork, type Wanted } from '../weights/openNetwork.js';
import { areOne, NORMS, PATCH_NORMS } from '../weights/readNetwork.js';
import type { StoredTensor } from '../weights/storedTensor.js';
import { openWeights } from '../weights/weightsFile.js';
import { completed, knownHeads } from './completed.js';
import {
  IMPORTED_WEIGHTS,
  importFolderOf,
  type Provenance,
  readImportRecord,
  requireUnaltered,
  requireWhole,
} from './importedRecord.js';
import { isOfRun } from './network.js';
import { digestOf, provenanceOfFiles, type Watching } from './provenance.js';

export interface Importable {
  readonly backbone: BackboneSpec;
  readonly head?: HeadSpec;
  readonly patchHead?: HeadSpec;
  readonly notes: readonly string[];
  /** All that is read. */
  readonly files: readonly string[];
  /** Of the tensors, by their standard names. */
  readonly specs: NamedSpecs;
  read(name: string): Promise<HostTensor>;
  /** Reads all files once, for their checksums. @throws Error with one sentence, when an earlier import was altered */
  source(watching: Watching): Promise<Provenance>;
  close(): void;
}

export interface WantedImport extends Pick<Wanted, 'network' | 'library'> {
  /** Wins over what the file tells. */
  readonly numHeads?: number | undefined;
}

/** @throws Error with one sentence that names the path */
export async function openImportable(path: string, wanted: WantedImport): Promise<Importable> {
  const folder = importFolderOf(path);
  if (folder !== undefined) return openImported(folder, wanted);
  if (isOfRun(path))
    throw new Error(`${path} is a run of DINO Lab, or one of its checkpoints: every command takes it as it is.`);
  return openForeign(path, wanted);
}

async function openForeign(path: string, { numHeads, ...wanted }: WantedImport): Promise<Importable> {
  const opened = await openNetwork(path, { ...wanted, withPatchHead: true, withMaskToken: true });
  try {
    const { backbone, note } = completed(path, opened.shape, { numHeads: knownHeads(path, numHeads, opened) });
    const { specs, head, patchHead, files, notes } = opened;
    const areFixed = async (norms: string) => areOne(await opened.read(norms));
    return {
      backbone,
      ...(head && { head: { ...head, normLastLayer: await areFixed(NORMS) } }),
      ...(patchHead && { patchHead: { ...patchHead, normLastLayer: await areFixed(PATCH_NORMS) } }),
      notes: [...notes, ...(note === undefined ? [] : [note])],
      files,
      specs,
      read: (name) => opened.read(name),
      source: (watching) => provenanceOfFiles(path, opened, watching),
      close: () => opened.close(),
    };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Its record tells all that its weights do not. */
async function openImported(folder: string, { numHeads, network, library }: WantedImport): Promise<Importable> {
  const record = readImportRecord(folder);
  if (network !== undefined || library !== undefined)
    throw new Error(`${folder} is an import, of one network and a known library: leave --network and --library out.`);
  requireWhole(folder, record);
  const { backbone: recorded, head, patchHead, notes } = record;
  const backbone =
    recorded.kind === 'vit' && numHeads !== undefined ? completed(folder, recorded, { numHeads }).backbone : recorded;
  const path = join(folder, IMPORTED_WEIGHTS);
  const file = await openWeights(path);
  const stored = new Map<string, StoredTensor>();
  for (const [name, value] of file.root instanceof Map ? file.root : []) {
    const tensor = file.tensor(value, String(name));
    if (tensor) stored.set(String(name), tensor);
  }
  return {
    backbone,
    ...(head && { head }),
    ...(patchHead && { patchHead }),
    notes,
    files: [path],
    specs: Object.fromEntries([...stored].map(([name, { shape, dtype = 'float32' }]) => [name, { shape, dtype }])),
    read: (name) => {
      const tensor = stored.get(name);
      if (tensor === undefined) throw new Error(`${path} has no tensor ${name}.`);
      return file.read(tensor, name);
    },
    source: async (watching) => {
      requireUnaltered(folder, record, await digestOf(path, watching));
      return record.source;
    },
    close: () => file.close(),
  };
}
