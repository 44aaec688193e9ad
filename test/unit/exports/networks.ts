/** Tiny networks of all kinds, as their libraries save them, and what this program computes with them. */
import { join } from 'node:path';
import { eagerEngine } from '../../../src/engines/eager.js';
import { activationsProgram } from '../../../src/method/backbones/resnet/programs.js';
import { attentionProgram, tokensProgram } from '../../../src/method/backbones/vit/programs.js';
import { featuresProgram } from '../../../src/method/features.js';
import type { HostTensor, Program } from '../../../src/program/program.js';
import { type LoadedNetwork, type LoadOptions, loadNetwork } from '../../../src/runs/network.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';

export const WEIGHTS = join(import.meta.dirname, '../../reference/weights');

/** By what they have that others have not. */
export const NETWORKS: Readonly<Record<string, { readonly path: string; readonly options: LoadOptions }>> = {
  dino: { path: 'dino/backbone.pth', options: { numHeads: 2 } },
  registers: { path: 'dinov2/registers.pth', options: { numHeads: 2 } },
  swiglu: { path: 'dinov2/swiglu.pth', options: { numHeads: 2 } },
  'swiglu and registers': { path: 'timm-dinov2_giant_reg4', options: {} },
  'no position for CLS': { path: 'timm-dinov2_reg4', options: {} },
  'no biases of queries': { path: 'hf-vit_eps', options: {} },
  'basic blocks': { path: 'dino/resnet-full.pth', options: { network: 'teacher' } },
  'bottleneck blocks': { path: 'dino/resnet-backbone.pth', options: {} },
};

export function network(name: string): Promise<LoadedNetwork> {
  const found = NETWORKS[name];
  if (found === undefined) throw new Error(`There is no network ${name}.`);
  return loadNetwork(join(WEIGHTS, found.path), found.options);
}

/** Images of the reference: `native`, `wide`, `small`. */
export const image = (name: string): HostTensor =>
  readSafetensors(join(WEIGHTS, 'inputs.safetensors'))[`image_${name}`] as HostTensor;

/** The outputs that exports give, by this program's own engine. */
export async function ours(
  { backbone, parameters }: LoadedNetwork,
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

/** The greatest difference of two tensors of one shape. */
export function difference(one: Pick<HostTensor, 'shape' | 'data'>, other: Pick<HostTensor, 'shape' | 'data'>): number {
  if (one.shape.join() !== other.shape.join()) throw new Error(`[${one.shape}] is not [${other.shape}].`);
  return one.data.reduce((most: number, value, i) => Math.max(most, Math.abs(value - (other.data[i] as number))), 0);
}

/** Images of any size, alike each time. */
export function noise(batch: number, channels: number, height: number, width: number): HostTensor {
  const data = Float32Array.from({ length: batch * channels * height * width }, (_, i) => Math.sin(i * 1.7 + 0.3));
  return { shape: [batch, channels, height, width], dtype: 'float32', data };
}
