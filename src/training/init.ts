/** A training that starts from the weights of a trained network, in the place of random ones. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { NAMED_RESNETS, RESNET_NAMES } from '../method/backbones/resnet/namedResnets.js';
import { withClsPosition } from '../method/backbones/vit/clsPosition.js';
import { resamplingMatrix } from '../method/backbones/vit/positionResampling.js';
import { patchesPerSide, type VitSpec } from '../method/backbones/vit/spec.js';
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import type { InitRequest } from '../protocol/worker.js';
import type { Provenance } from '../runs/importedRecord.js';
import type { Initialization } from '../runs/initialization.js';
import { type LoadedNetwork, loadNetwork, provenanceOf } from '../runs/network.js';
import { openRun } from '../runs/run.js';
import { contradictions, leaveOut } from '../settings/contradictions.js';
import { isDistilled } from '../settings/parts/distillation.js';
import { SettingsError } from '../settings/problems.js';
import type { SettingKey, Settings } from '../settings/settings.js';
import { networkSpec } from '../settings/specs.js';

/** The network that a training starts from. */
export interface InitialNetwork {
  /** As it was named: a run, an import, a file. */
  readonly path: string;
  readonly network: LoadedNetwork;
  /** What the run's record says of it. */
  readonly recorded: Initialization;
  /** Settings that the weights decide. */
  readonly settings: Readonly<Partial<Settings>>;
}

/** @throws Error with one sentence, when the weights cannot be read, or belong to a network that cannot be trained */
export async function initialNetwork({ path, head = 'new' }: InitRequest): Promise<InitialNetwork> {
  const network = await loadNetwork(path, { withPatchHead: head === 'kept', withMaskToken: true });
  if (head === 'kept' && network.head === undefined)
    throw new Error(`${path} has no projection head that could be kept: start with a new one.`);
  return {
    path,
    network,
    recorded: { ...(await provenanceOf(path, network)), head },
    settings: { ...backboneSettings(path, network), ...(head === 'kept' && headSettings(network)) },
  };
}

/**
 * Weights that are gone cannot be compared, and those of the same path may have changed since: then the run is resumed.
 * @throws Error with one sentence, when the run was started from others
 */
export async function requireStartedFrom(run: string, path: string): Promise<void> {
  const { init } = (await openRun(run)).record;
  if (init === undefined || resolve(path) === init.file || !existsSync(path)) return;
  const recorded = await provenanceOf(path, await loadNetwork(path));
  const contentsOf = ({ files, network }: Provenance) =>
    JSON.stringify([network, files.map(({ name: _, ...digest }) => digest)]);
  if (contentsOf(recorded) !== contentsOf(init))
    throw new Error(
      `The run ${run} was started from ${init.file}, and ${path} has other weights: they can only start a new run.`,
    );
}

function backboneSettings(path: string, { backbone }: LoadedNetwork): Partial<Settings> {
  if (backbone.kind === 'resnet') {
    const { block, layers, width, inChans } = backbone;
    const isSame = (name: (typeof RESNET_NAMES)[number]) =>
      JSON.stringify(NAMED_RESNETS[name]) === JSON.stringify({ block, layers, width });
    const arch = RESNET_NAMES.find(isSame);
    if (arch === undefined)
      throw cannotStart(path, `a ResNet of ${layers.join(', ')} ${block} blocks, ${width} channels wide`);
    return { arch, in_chans: inChans };
  }
  const { embedDim, depth, numHeads, patchSize, inChans, registers, layerScale, normEps, start, mlp, positions } =
    backbone;
  const { antialias, offset } = positions;
  return {
    arch: 'vit',
    embed_dim: embedDim,
    depth,
    num_heads: numHeads,
    patch_size: patchSize,
    in_chans: inChans,
    num_register_tokens: registers,
    layerscale: layerScale ? start.layerScale : 0,
    layer_norm_eps: normEps,
    ffn_layer: mlp.kind === 'swiglu' ? 'swiglufused' : 'mlp',
    interpolate_antialias: antialias,
    interpolate_offset: offset,
  };
}

const cannotStart = (path: string, what: string): Error =>
  new Error(`A training cannot start from ${path}: it has ${what}, which trainings do not have yet.`);

/** What no setting says of a Vision Transformer. That the CLS token has no position is no hindrance: see {@link withClsPosition}. */
const PARTS: Partial<Record<keyof VitSpec, string>> = {
  mlp: 'an MLP of another width',
  qkvBias: 'no bias of queries, keys and values',
  projBias: 'no bias behind the attention',
  mlpBias: 'no biases in the MLP',
};

function headSettings({ head, patchHead }: LoadedNetwork): Partial<Settings> {
  if (head === undefined) return {};
  const { hiddenDim, bottleneckDim, outDim, normLastLayer, batchNorm } = head;
  return {
    head_hidden_dim: hiddenDim,
    head_bottleneck_dim: bottleneckDim,
    out_dim: outDim,
    norm_last_layer: normLastLayer,
    use_bn_in_head: batchNorm,
    ...(patchHead && {
      ibot_separate_head: true,
      ibot_head_hidden_dim: patchHead.hiddenDim,
      ibot_head_bottleneck_dim: patchHead.bottleneckDim,
      ibot_head_n_prototypes: patchHead.outDim,
    }),
  };
}

/**
 * @param said what a person has set: of these alone a contradiction can be
 * @throws SettingsError that names the settings that contradict the weights
 */
export function requireNoContradiction(
  { path, settings }: InitialNetwork,
  said: Readonly<Partial<Record<SettingKey, unknown>>>,
): void {
  const wrong = contradictions(settings, said);
  if (wrong.length > 0)
    throw new SettingsError([
      `A training that starts from ${path} cannot have ${wrong.join(', ')}: ${leaveOut(wrong)}.`,
    ]);
}

/** @throws Error that names what of the network no setting says */
export function requireTrainable({ path, network }: InitialNetwork, settings: Settings): void {
  const [has, trained] = [network.backbone, networkSpec(settings).backbone];
  if (has.kind !== 'vit' || trained.kind !== 'vit') return;
  const parts = (Object.keys(PARTS) as (keyof VitSpec)[]).filter(
    (part) => JSON.stringify(has[part]) !== JSON.stringify(trained[part]),
  );
  if (parts.length > 0) throw cannotStart(path, parts.map((part) => PARTS[part]).join(', '));
}

/**
 * The weights that take the place of random ones, by their names within a network.
 * @param imageSize of the run: positions for another size are resized once, by the rule of the library that they come from
 */
export function keptWeights({ network, recorded }: InitialNetwork, imageSize: number): NamedHostTensors {
  const { parameters, backbone } = network;
  const kept = Object.entries(parameters).filter(([name]) => name.startsWith('backbone.') || recorded.head === 'kept');
  return Object.fromEntries(
    kept.map(([name, tensor]) =>
      name === 'backbone.pos_embed' && backbone.kind === 'vit'
        ? [name, resizedPositions(withClsPosition(backbone, tensor), backbone, imageSize)]
        : [name, tensor],
    ),
  );
}

function resizedPositions({ data }: HostTensor, vit: VitSpec, imageSize: number): HostTensor {
  const [from, to] = [patchesPerSide(vit, vit.imageSize), patchesPerSide(vit, imageSize)];
  const { embedDim: dim, positions } = vit;
  const sized = new Float32Array((to * to + 1) * dim);
  sized.set(data.subarray(0, dim));
  if (from === to) sized.set(data);
  const line = from === to ? undefined : resamplingMatrix(positions, from, to);
  for (let row = 0; line !== undefined && row < to; row++)
    for (let column = 0; column < to; column++)
      for (let y = 0; y < from; y++)
        for (let x = 0; x < from; x++) {
          const weight = (line[row * from + y] as number) * (line[column * from + x] as number);
          // Stryker disable next-line ConditionalExpression: it saves time, most weights being 0
          if (weight === 0) continue;
          const [target, source] = [(1 + row * to + column) * dim, (1 + y * from + x) * dim];
          for (let i = 0; i < dim; i++)
            sized[target + i] = (sized[target + i] as number) + weight * (data[source + i] as number);
        }
  return { shape: [1, to * to + 1, dim], dtype: 'float32', data: sized };
}

/** Patches that go through a head of their own need one that was trained for them. */
function ofPatches({ patchHead }: LoadedNetwork, settings: Settings): string {
  if (networkSpec(settings).patchHead === undefined) return '';
  return patchHead === undefined ? ' and a new one for patches' : ' and that of patches';
}

/** What is said before the first step. */
export function initRemarks({ path, network, recorded }: InitialNetwork, settings: Settings): string[] {
  const { image_size, method, num_labels } = settings;
  const { library, head } = recorded;
  const { backbone, notes } = network;
  const resized =
    backbone.kind === 'vit' && patchesPerSide(backbone, backbone.imageSize) !== patchesPerSide(backbone, image_size)
      ? `; its positions, for ${backbone.imageSize} pixels, are resized to ${image_size}`
      : '';
  const [who, withHead] =
    method === 'finetune'
      ? ['the network starts', `a new classification head for ${num_labels} classes`]
      : [
          isDistilled(settings) ? 'student and ema start' : 'student and teacher start',
          head === 'new' ? 'a new projection head' : `its projection head${ofPatches(network, settings)}`,
        ];
  return [...notes, `${who} from ${path} (${network.name}, in the names of ${library}), with ${withHead}${resized}`];
}
