/** What a folder of weights says of files alone: the tensors in each of a model's files, layouts of tensors, and files that must be refused. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BackboneSpec } from '../../../../src/method/backbones/index.js';
import type { NamedHostTensors } from '../../../../src/program/program.js';
import { type LoadedNetwork, loadNetwork } from '../../../../src/runs/network.js';
import { entriesOf } from '../../../../src/weights/pickle/values.js';
import { openWeights } from '../../../../src/weights/weightsFile.js';
import { areEqual, type Difference, exact } from '../../difference.js';
import type { Hostile, Model, WeightsFolder } from './folder.js';

/** Files beside a configuration tell their heads; the others are told them, as a person would. */
export async function load({ dir }: Pick<WeightsFolder, 'dir'>, model: Model, name: string): Promise<LoadedNetwork> {
  const path = join(dir, name);
  const tells = model.family === 'dino resnet' || existsSync(join(path, '../config.json'));
  const hasNetwork = model.key !== undefined && (await keysOf(path)).includes(model.key);
  return loadNetwork(path, { ...(hasNetwork && { network: model.key }), ...(!tells && { numHeads: model.heads }) });
}

async function keysOf(path: string): Promise<readonly unknown[]> {
  const file = await openWeights(path);
  file.close();
  return [...(entriesOf(file.root)?.keys() ?? [])];
}

export async function* fileDifferences(folder: WeightsFolder): AsyncGenerator<Difference> {
  for (const [name, model] of Object.entries(folder.models)) {
    const [first = '', ...others] = model.files;
    const { parameters, backbone } = await load(folder, model, first);
    const said = wrongly(model, backbone);
    yield exact(`shape of ${name}`, said === undefined, said);
    for (const file of others) {
      const other = await load(folder, model, file);
      const differs = firstDifference(parameters, other.parameters, backbone, other.backbone);
      yield exact(`tensors of ${name} in ${file}`, differs === undefined, differs);
    }
  }
  yield* layouts(folder);
  for (const file of folder.hostile) yield await refused(folder, file);
}

export const countOfFiles = ({ models, hostile, dir }: WeightsFolder): number =>
  Object.values(models).reduce((sum, { files }) => sum + files.length, 0) + hostile.length + layoutsIn(dir).length;

/** What a model's shape is, beside what it should be. */
function wrongly(model: Model, backbone: BackboneSpec): string | undefined {
  const [found, wanted] =
    model.family === 'dino resnet'
      ? [backbone, { ...backbone, kind: 'resnet', block: model.block, layers: model.layers, width: model.width }]
      : [
          backbone,
          {
            ...backbone,
            kind: 'vit',
            embedDim: model.dim,
            depth: model.depth,
            numHeads: model.heads,
            patchSize: model.patch,
            imageSize: model.image,
            normEps: model.eps,
            registers: model.registers,
            qkvBias: model.qkv_bias,
            ...(backbone.kind === 'vit' && {
              mlp: { ...backbone.mlp, kind: model.ffn === 'mlp' ? 'gelu' : 'swiglu' },
              positions: { ...backbone.positions, ofCls: model.position_has_cls },
            }),
          },
        ];
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  return is === should ? undefined : `${is} should be ${should}`;
}

function firstDifference(
  one: NamedHostTensors,
  other: NamedHostTensors,
  ...specs: readonly [BackboneSpec, BackboneSpec]
): string | undefined {
  const names = new Set([...Object.keys(one), ...Object.keys(other)].filter((name) => name.startsWith('backbone.')));
  const unequal = [...names].find((name) => {
    const [a, b] = [one[name], other[name]];
    return a === undefined || b === undefined || a.shape.join() !== b.shape.join() || !areEqual(a, b);
  });
  if (unequal !== undefined) return `${unequal} differs`;
  const [a, b] = specs.map((spec) => JSON.stringify(spec));
  return a === b ? undefined : `${a} is not ${b}`;
}

const layoutsIn = (dir: string): string[] =>
  ['layouts.pth', 'layouts-legacy.pth'].filter((name) => existsSync(join(dir, 'layouts', name)));

/** Views, strides, shared storages, every type of number: bit for bit as they are in safetensors. */
async function* layouts({ dir }: WeightsFolder): AsyncGenerator<Difference> {
  for (const name of layoutsIn(dir)) {
    const wanted = await contentsOf(join(dir, 'layouts/layouts.safetensors'));
    const found = await contentsOf(join(dir, 'layouts', name));
    const unequal = [...new Set([...wanted.keys(), ...found.keys()])].filter(
      (key) => wanted.get(key) !== found.get(key),
    );
    yield exact(`layouts in ${name}`, unequal.length === 0, unequal.length > 0 ? unequal.join(', ') : undefined);
  }
}

/** By name: type, shape and bytes. */
async function contentsOf(path: string): Promise<ReadonlyMap<string, string>> {
  const file = await openWeights(path);
  try {
    const contents = new Map<string, string>();
    for (const [key, value] of entriesOf(file.root) ?? []) {
      const stored = file.tensor(value, String(key));
      if (stored === undefined) continue;
      const bytes = Buffer.from(await stored.bytes(String(key))).toString('hex');
      contents.set(String(key), `${stored.element} [${stored.shape.join()}] ${bytes}`);
    }
    return contents;
  } finally {
    file.close();
  }
}

/** By one sentence that names the file, and one of the globals where there are some; and nothing was run. */
async function refused({ dir }: WeightsFolder, { file, globals, marker }: Hostile): Promise<Difference> {
  const path = join(dir, 'hostile', file);
  const quantity = `refusal of ${file}`;
  let sentence: string;
  try {
    await loadNetwork(path, { numHeads: 1 });
    return exact(quantity, false, 'it was read');
  } catch (error) {
    sentence = (error as Error).message;
  }
  if (marker !== undefined && existsSync(marker)) return exact(quantity, false, `it made ${marker}`);
  const names = globals.flatMap((name) => name.match(/[\w.]+\.\w+/g) ?? []);
  // An array of NumPy runs nothing: why it is refused may be something else.
  const isNamed = names.length === 0 || file.startsWith('numpy') || names.some((name) => sentence.includes(name));
  const isFair = sentence.includes(path) && isNamed && !sentence.includes('\n');
  return exact(quantity, isFair, isFair ? undefined : sentence);
}
