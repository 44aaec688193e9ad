/** PyTorch checkpoints as facebookresearch's scripts write and read them. */

import { prefixed } from '../../program/lookup.js';
import type { LoadedNetwork } from '../../runs/network.js';
import { outgoing } from '../../weights/outgoing.js';
import { type Checkpoint, writeTorchZip } from '../../weights/torchZipWriter.js';
import { type Exported, type ExportFormat, inexpressible, quoted } from '../exportFormat.js';
import { modelNote } from '../modelNote.js';
import { originalPositionNote } from '../positionNote.js';
import { originalNames } from './safetensors.js';

/** Of all networks that those scripts build. */
const NORM_EPS = 1e-6;

export const pth: ExportFormat = {
  name: 'pth',
  title: 'PyTorch',
  purpose: "a .pth file that the original's scripts load as their own",
  ending: 'pth',
  write: async (exported, path, named) => {
    const { network, role, roles } = exported;
    const { backbone } = network;
    if (backbone.kind === 'vit' && backbone.normEps !== NORM_EPS)
      throw inexpressible(
        exported,
        "the original's scripts",
        `its LayerNorms add ${backbone.normEps} to the variance, and theirs ${NORM_EPS}`,
      );
    await writeTorchZip(path, checkpointOf(exported));
    const key = roles !== undefined || network.head !== undefined ? role : undefined;
    const prefix = `${prefixOf(role)}backbone.`;
    return {
      notes: [...originalPositionNote(exported), modelNote(backbone)],
      language: 'python',
      code: [
        'import torch',
        `weights = torch.load(${quoted(named)}, weights_only=True)${key === undefined ? '' : `[${quoted(key)}]`}`,
        key === undefined
          ? 'model.load_state_dict(weights)'
          : `model.load_state_dict({k[${prefix.length}:]: v for k, v in weights.items() if k.startswith(${quoted(prefix)})})`,
      ],
    };
  },
};

/**
 * A backbone alone is a plain state_dict, as the released files are. A network with its head stands under its role, as main_dino.py writes
 * it: the student inside DistributedDataParallel, whose names begin with `module.`.
 */
function checkpointOf({ network, role, roles }: Exported): Checkpoint {
  if (roles !== undefined)
    return {
      networks: Object.fromEntries(Object.entries(roles).map(([role, network]) => [role, stateDict(role, network)])),
    };
  if (network.head === undefined) return { tensors: outgoing(originalNames(network.parameters)) };
  return { networks: { [role]: stateDict(role, network) } };
}

const stateDict = (role: string, { parameters }: LoadedNetwork) => outgoing(prefixed(prefixOf(role), parameters));

const prefixOf = (role: string): string => (role === 'student' ? 'module.' : '');
