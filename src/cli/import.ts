import { Command } from 'commander';
import { version } from '../../package.json';
import type { BackboneSpec } from '../method/backbones/index.js';
import type { Provenance } from '../runs/importedRecord.js';
import { importWeights } from '../runs/importWeights.js';
import { counted } from '../text/counted.js';
import { parseCount, withNetworkOptions, withOutputOptions } from './options.js';
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface ImportOptions extends OutputOptions {
  readonly out: string;
  readonly heads?: number;
  readonly network?: string;
  readonly library?: string;
  readonly channels?: number;
}

/** `dino import FILE --out DIR`: weights of another program as a folder that all commands take for a checkpoint. */
export const importCommand = (): Command =>
  withOutputOptions(
    withNetworkOptions(
      new Command('import')
        .description(
          'read weights of another program once, and keep them as a folder that all commands take as a checkpoint',
        )
        .argument(
          '<file>',
          "a file of weights (safetensors or PyTorch), a part of a model, or a model's folder as transformers and timm save it",
        )
        .requiredOption('--out <folder>', 'the folder to make')
        .option(
          '--channels <n>',
          'make the weights for RGB take images of so many channels: the three in turn, times 3/n, as timm does',
          parseCount,
        ),
    ),
  ).action(async (file: string, options: ImportOptions) => {
    const { out, heads, network, library, channels } = options;
    const versions = { node: process.versions.node, 'dino-lab': version };
    const record = await importWeights({ path: file, out, numHeads: heads, network, library, channels, versions });
    const { backbone, head, source, weights, notes } = record;
    writeNotes(notes);
    writeResult(options, { out, backbone, head: head ?? null, source, weights, notes }, [
      `${out}: ${describeBackbone(backbone)}${head === undefined ? '' : ', with its projection head'}`,
      ...describeSource(source),
    ]);
  });

const RGB = 3;

function describeBackbone(backbone: BackboneSpec): string {
  const { imageSize } = backbone;
  const channels = backbone.inChans === RGB ? '' : `, images of ${counted(backbone.inChans, 'channel')}`;
  if (backbone.kind === 'resnet')
    return `a ResNet of ${backbone.layers.join(', ')} ${backbone.block} blocks, ${backbone.width} channels wide${channels}`;
  const { depth, embedDim, numHeads, patchSize, registers, mlp, layerScale } = backbone;
  const parts = [
    ...(registers > 0 ? [`${registers} registers`] : []),
    ...(layerScale ? ['LayerScale'] : []),
    ...(mlp.kind === 'swiglu' ? ['SwiGLU'] : []),
  ];
  const more = parts.length === 0 ? '' : `, with ${parts.join(', ')}`;
  return `a Vision Transformer of ${depth} blocks, ${embedDim} wide, ${numHeads} heads, patches of ${patchSize} for ${imageSize} pixels${channels}${more}`;
}

/** A fact a line. */
const describeSource = ({ file, network, library, files, channels }: Provenance): string[] => [
  `  imported from: ${file}`,
  ...(network === undefined ? [] : [`  network: ${network}`]),
  `  tensor names: ${library}`,
  ...files.map(({ name, bytes, sha256 }) => `  read: ${name} (${bytes} bytes, SHA-256 ${sha256})`),
  ...(channels === undefined
    ? []
    : [`  input: ${counted(channels.to, 'channel')} instead of ${channels.from}: ${channels.rule}`]),
];
