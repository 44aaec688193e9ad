/** A folder for timm (huggingface/pytorch-image-models), as its `save_for_hf` writes it: model.safetensors and config.json. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statisticsOf } from '../../data/normalize.js';
import { NAMED_RESNETS } from '../../method/backbones/resnet/namedResnets.js';
import { featureDim, type ResNetSpec } from '../../method/backbones/resnet/spec.js';
import { ANTIALIASED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import { below } from '../../program/lookup.js';
import type { HostTensor, NamedHostTensors } from '../../program/program.js';
import { outgoing } from '../../weights/outgoing.js';
import { writeSafetensorsFor } from '../../weights/safetensors.js';
import { type Exported, type ExportFormat, headNote, inexpressible, quoted } from '../exportFormat.js';
import { positionNote } from '../positionNote.js';

export const timm: ExportFormat = {
  name: 'timm',
  title: 'timm',
  purpose: 'a folder that timm.create_model loads',
  ending: 'folder',
  write: async (exported, path, named) => {
    const { model, tensors, notes } = modelOf(exported);
    await mkdir(path);
    await writeSafetensorsFor(join(path, 'model.safetensors'), outgoing(tensors), { format: 'pt' });
    await writeFile(join(path, 'config.json'), `${JSON.stringify(configOf(exported, model), null, 2)}\n`);
    return {
      notes: [...headNote(exported), ...notes, ...positionNote(exported, 'timm', ANTIALIASED_POSITIONS)],
      language: 'python',
      code: [
        'import timm',
        `model = timm.create_model(${quoted(`local-dir:${named}`)}, pretrained=True).eval()`,
        'features = model(images)  # [batch, dim], images [batch, channels, height, width]',
      ],
    };
  },
};

interface TimmModel {
  /** The registered name whose function builds the network, with these arguments in place of its own. */
  readonly architecture: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly features: number;
  readonly pool: 'token' | 'avg';
  readonly firstConv: string;
  readonly classifier: string;
}

interface TimmNetwork {
  readonly model: TimmModel;
  readonly tensors: NamedHostTensors;
  readonly notes: readonly string[];
}

function modelOf(exported: Exported): TimmNetwork {
  const { backbone, parameters } = exported.network;
  const tensors = below(parameters, 'backbone.');
  if (backbone.kind === 'resnet') return { model: resnetModel(exported, backbone), tensors, notes: [] };
  requireVit(exported, backbone);
  const model: TimmModel = {
    // The one function that builds SwiGLU, which no argument in JSON can name.
    architecture: backbone.mlp.kind === 'swiglu' ? 'vit_giant_patch14_dinov2' : 'vit_small_patch16_224',
    args: vitArguments(backbone),
    features: backbone.embedDim,
    pool: 'token',
    firstConv: 'patch_embed.proj',
    classifier: 'head',
  };
  return { model, tensors: timmTensors(backbone, tensors), notes: vitNotes(backbone) };
}

/** Of LayerNorm in its Vision Transformers. */
const NORM_EPS = 1e-6;

function requireVit(exported: Exported, { normEps, projBias, mlpBias }: VitSpec): void {
  if (normEps !== NORM_EPS)
    throw inexpressible(exported, 'timm', `its LayerNorms add ${normEps} to the variance, and timm's ${NORM_EPS}`);
  if (projBias !== mlpBias)
    throw inexpressible(
      exported,
      'timm',
      `${projBias ? 'its MLPs have no biases, but its projections have' : 'its projections have no biases, but its MLPs have'}, and timm has one setting for both`,
    );
}

function vitArguments(vit: VitSpec): TimmModel['args'] {
  const { imageSize, patchSize, embedDim, depth, numHeads, inChans, mlp, qkvBias, projBias, layerScale, registers } =
    vit;
  return {
    img_size: imageSize,
    patch_size: patchSize,
    in_chans: inChans,
    num_classes: 0,
    global_pool: 'token',
    embed_dim: embedDim,
    depth,
    num_heads: numHeads,
    mlp_ratio: ratioFor(embedDim, mlp.kind === 'swiglu' ? 2 * mlp.hiddenDim : mlp.hiddenDim),
    qkv_bias: qkvBias,
    proj_bias: projBias,
    init_values: layerScale ? vit.start.layerScale : null,
    reg_tokens: registers,
    no_embed_class: !hasClsPosition(vit),
    dynamic_img_size: true,
  };
}

/** A factor that Python's `int(width * ratio)` makes this of: the quotient, or where that is rounded below, the next float. */
function ratioFor(width: number, hidden: number): number {
  const ratio = hidden / width;
  return Math.trunc(width * ratio) === hidden ? ratio : (hidden + 0.5) / width;
}

/** Beside registers, timm has positions of the patches alone. */
const hasClsPosition = ({ positions, registers }: VitSpec): boolean => positions.ofCls && registers === 0;

/** timm's own conversion of DINOv2's files (`_convert_dinov2`): CLS is stored with its position, and the mask's token is dropped. */
function timmTensors(vit: VitSpec, tensors: NamedHostTensors): NamedHostTensors {
  const renamed = Object.entries(tensors).flatMap(([name, tensor]): [string, HostTensor][] => {
    if (name === 'mask_token') return [];
    return [[timmName(vit, name), tensor]];
  });
  const all = Object.fromEntries(renamed);
  if (hasClsPosition(vit) || !vit.positions.ofCls) return all;
  const { cls_token: cls, pos_embed: positions } = tensors as Readonly<Record<'cls_token' | 'pos_embed', HostTensor>>;
  const { embedDim } = vit;
  const [, tokens = 0] = positions.shape;
  return {
    ...all,
    cls_token: { ...cls, data: Float32Array.from(cls.data, (value, i) => value + (positions.data[i] as number)) },
    pos_embed: { ...positions, shape: [1, tokens - 1, embedDim], data: positions.data.slice(embedDim) },
  };
}

const timmName = ({ mlp }: VitSpec, name: string): string => {
  if (name === 'register_tokens') return 'reg_token';
  return mlp.kind === 'swiglu' ? name.replace('.mlp.w12.', '.mlp.fc1.').replace('.mlp.w3.', '.mlp.fc2.') : name;
};

const vitNotes = (vit: VitSpec): string[] => [
  ...(vit.maskToken ? ['timm has no mask_token: it was left out; no feature depends on it.'] : []),
  ...(vit.positions.ofCls && vit.registers > 0
    ? ['Beside registers, timm has no position for the CLS token: it was added to the token itself.']
    : []),
];

/** Of timm's stem, whatever its stages have. */
const RESNET_WIDTH = 64;

function resnetModel(exported: Exported, resnet: ResNetSpec): TimmModel {
  const { block, layers, width, inChans } = resnet;
  if (width !== RESNET_WIDTH)
    throw inexpressible(
      exported,
      'timm',
      `its stem is ${width} channels wide, and that of timm's ResNets ${RESNET_WIDTH}`,
    );
  const named = Object.entries(NAMED_RESNETS).find(
    ([, known]) => known.block === block && known.layers.join() === layers.join(),
  );
  return {
    architecture: named?.[0] ?? (block === 'basic' ? 'resnet18' : 'resnet50'),
    args: { layers, in_chans: inChans, num_classes: 0 },
    features: featureDim(resnet),
    pool: 'avg',
    firstConv: 'conv1',
    classifier: 'fc',
  };
}

function configOf({ network: { backbone } }: Exported, model: TimmModel): unknown {
  const { imageSize, inChans } = backbone;
  const { mean, std } = statisticsOf(inChans);
  return {
    architecture: model.architecture,
    num_classes: 0,
    num_features: model.features,
    global_pool: model.pool,
    model_args: model.args,
    pretrained_cfg: {
      tag: 'dino_lab',
      custom_load: false,
      input_size: [inChans, imageSize, imageSize],
      fixed_input_size: false,
      interpolation: 'bicubic',
      crop_pct: 224 / 256,
      crop_mode: 'center',
      mean,
      std,
      num_classes: 0,
      pool_size: null,
      first_conv: model.firstConv,
      classifier: model.classifier,
    },
  };
}
