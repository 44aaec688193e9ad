/** safetensors with the original's names: facebookresearch's vision_transformer.py, or torchvision's resnet.py. */
import { below } from '../../program/lookup.js';
import type { NamedHostTensors } from '../../program/program.js';
import { outgoing } from '../../weights/outgoing.js';
import { writeSafetensorsFor } from '../../weights/safetensors.js';
import { vitMetadata } from '../../weights/vitMetadata.js';
import { type ExportFormat, quoted } from '../exportFormat.js';
import { modelNote } from '../modelNote.js';
import { originalPositionNote } from '../positionNote.js';

export const safetensors: ExportFormat = {
  name: 'safetensors',
  title: 'safetensors',
  purpose: "one file with the original's names, for code of your own",
  ending: 'safetensors',
  write: async (exported, path, named) => {
    const { parameters, head, backbone } = exported.network;
    const metadata = backbone.kind === 'vit' ? vitMetadata(backbone) : {};
    await writeSafetensorsFor(path, outgoing(originalNames(parameters)), { format: 'pt', ...metadata });
    const eps = backbone.kind === 'vit' && backbone.normEps !== 1e-6;
    return {
      notes: [
        ...(eps ? [`Its LayerNorms add ${backbone.normEps} to the variance: build the network with that eps.`] : []),
        ...originalPositionNote(exported),
        modelNote(backbone),
      ],
      language: 'python',
      code: [
        'from safetensors.torch import load_file',
        `weights = load_file(${quoted(named)})`,
        head === undefined
          ? 'model.load_state_dict(weights)'
          : 'model.load_state_dict({k[9:]: v for k, v in weights.items() if k.startswith("backbone.")})',
      ],
    };
  },
};

/** A backbone alone has the names of its own class; beside a head it has those of `MultiCropWrapper`, `backbone.*` and `head.*`. */
export const originalNames = (parameters: NamedHostTensors): NamedHostTensors =>
  Object.keys(parameters).some((name) => name.startsWith('head.')) ? parameters : below(parameters, 'backbone.');
