import type { HeadSpec } from '../method/heads/dinoHead.js';
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import { type OpenNetwork, openNetwork, type Wanted } from './openNetwork.js';

export interface ReadNetwork
  extends Pick<OpenNetwork, 'file' | 'files' | 'shape' | 'numHeads' | 'headsSaidBy' | 'library' | 'network' | 'notes'> {
  /** `backbone.*`, `head.*` when the file has a projection head of DINO's, and `ibot_head.*` with a `patchHead`. */
  readonly parameters: NamedHostTensors;
  readonly head?: HeadSpec;
  /** Of patches, where it was asked for and the file has one. */
  readonly patchHead?: HeadSpec;
}

/** One network out of a file of weights. Parameters and errors as of {@link openNetwork}. @param isWanted which of its tensors are read */
export async function readNetwork(
  path: string,
  wanted: Wanted = {},
  isWanted: (name: string) => boolean = () => true,
): Promise<ReadNetwork> {
  const { specs, read, close, head, patchHead, ...told } = await openNetwork(path, wanted);
  try {
    const parameters: Record<string, HostTensor> = {};
    for (const name of Object.keys(specs).filter(isWanted)) parameters[name] = await read(name);
    return {
      ...told,
      parameters,
      ...(head && { head: { ...head, normLastLayer: areOne(parameters[NORMS]) } }),
      ...(patchHead && { patchHead: { ...patchHead, normLastLayer: areOne(parameters[PATCH_NORMS]) } }),
    };
  } finally {
    close();
  }
}

/** Of the prototypes of DINO's head. */
export const NORMS = 'head.last_layer.weight_g';

/** Of the patches' own. */
export const PATCH_NORMS = 'ibot_head.last_layer.weight_g';

/** Whether the norms of the prototypes are fixed, as far as their values tell. */
export const areOne = (norms: HostTensor | undefined): boolean => norms?.data.every((norm) => norm === 1) ?? true;
