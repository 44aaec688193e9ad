/** What there is to ask a person about weights, before they are imported. */
import { errorCodeOf } from '../errors/codedError.js';
import { openNetwork, type Wanted } from '../weights/openNetwork.js';
import { completed } from './completed.js';
import { importFolderOf, readImportRecord } from './importedRecord.js';

export interface WeightsSurvey {
  /** Networks in the file; none when it is the only one. */
  readonly networks: readonly string[];
  /** The one that is taken when none is named. */
  readonly network?: string | undefined;
  readonly library: string;
  /** Other libraries that the tensors could be of, and that compute something else with them. */
  readonly likeLibraries: readonly string[];
  /** Of a Vision Transformer of which nothing tells the number of heads; absent: nothing is to be asked. */
  readonly heads?: { readonly width: number; readonly likely?: number };
}

/** Reads no tensor. @throws Error with one sentence that names the path, when there is nothing to import */
export async function surveyWeights(
  path: string,
  wanted: Pick<Wanted, 'network' | 'library'> = {},
): Promise<WeightsSurvey> {
  const folder = importFolderOf(path);
  if (folder !== undefined) {
    const { library, network } = readImportRecord(folder).source;
    return { networks: [], network, library, likeLibraries: [] };
  }
  const opened = await openNetwork(path, wanted);
  try {
    const { networks, network, library, likeLibraries, shape, numHeads } = opened;
    const isAsked = shape.kind === 'vit' && numHeads === undefined;
    return {
      networks,
      network,
      library,
      likeLibraries,
      ...(isAsked && { heads: { width: shape.embedDim, ...likelyHeads(path, shape) } }),
    };
  } finally {
    opened.close();
  }
}

function likelyHeads(path: string, shape: Parameters<typeof completed>[1]): { readonly likely?: number } {
  try {
    const { backbone } = completed(path, shape, {});
    return backbone.kind === 'vit' ? { likely: backbone.numHeads } : {};
  } catch (error) {
    if (errorCodeOf(error) === 'heads-unknown') return {};
    throw error;
  }
}
