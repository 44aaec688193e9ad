/** Tiny networks of all kinds, as their libraries save them, and what this program computes with them. */
import { type ExportedNetwork, IMAGES, NETWORKS } from '../../../scripts/exports/networks.mjs';
import { eagerEngine } from '../../../src/engines/eager.js';
import { activationsProgram } from '../../../src/method/backbones/resnet/programs.js';
import { attentionProgram, tokensProgram } from '../../../src/method/backbones/vit/programs.js';
import { featuresProgram } from '../../../src/method/features.js';
import type { HostTensor, Program } from '../../../src/program/program.js';
import { type LoadedNetwork, type LoadOptions, loadNetwork } from '../../../src/runs/network.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';

export function network(name: string): Promise<LoadedNetwork> {
  const found = NETWORKS[name];
  if (found === undefined) throw new Error(`There is no network ${name}.`);
  return loadNetwork(found.path, optionsOf(found));
}

export const optionsOf = ({ heads, network }: ExportedNetwork): LoadOptions => ({
  ...(heads !== undefined && { numHeads: heads }),
  ...(network !== undefined && { network }),
});

/** Images of the reference: `native`, `wide`, `small`. */
export const image = (name: string): HostTensor => readSafetensors(IMAGES)[`image_${name}`] as HostTensor;

/** The outputs that exports give, by this program's own engine. */
export async function ours(
  { backbone, parameters }: Pick<LoadedNetwork, 'backbone' | 'parameters'>,
  images: HostTensor,
): Promise<Readonly<Record<string, HostTensor>>> {
  const [batch, , height, width] = images.shape as [number, number, number, number];
  const size = { batch, height, width };
  const run = async (program: Program): Promise<Readonly<Record<string, HostTensor>>> => {
    const state = Object.fromEntries(Object.keys(program.state).map((key) => [key, parameters[key] as HostTensor]));
    const session = await eagerEngine.compile(program, state);
    const outputs = await session.call({ images });
    await session.dispose();
    return outputs;
  };
  const { cls } = (await run(featuresProgram(backbone, size))) as { cls: HostTensor };
  if (backbone.kind === 'resnet') return { features: cls, ...(await run(activationsProgram(backbone, size))) };
  const { patches, registers } = await run(tokensProgram(backbone, size));
  return {
    features: cls,
    patch_tokens: patches as HostTensor,
    ...(registers && { registers }),
    ...(await run(attentionProgram(backbone, size))),
  };
}

interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** The greatest difference of two tensors of one shape. */
export function difference(one: Numbers, other: Numbers): number {
  if (one.shape.join() !== other.shape.join()) throw new Error(`[${one.shape}] is not [${other.shape}].`);
  let most = 0;
  for (let i = 0; i < one.data.length; i++)
    most = Math.max(most, Math.abs((one.data[i] as number) - (other.data[i] as number)));
  return most;
}

/** Images of any size, alike each time. */
export function noise(batch: number, channels: number, height: number, width: number): HostTensor {
  const data = Float32Array.from({ length: batch * channels * height * width }, (_, i) => Math.sin(i * 1.7 + 0.3));
  return { shape: [batch, channels, height, width], dtype: 'float32', data };
}
