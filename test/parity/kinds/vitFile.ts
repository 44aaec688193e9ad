/** The backbone of an evaluation's folder: `vit.safetensors`, in the original's names, and its sizes in `config.vit`. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../../src/engines/engine.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import type { VitSpec } from '../../../src/method/backbones/vit/spec.js';
import type { HostTensor, NamedHostTensors, Program } from '../../../src/program/program.js';
import { outputOf } from '../steps.js';
import { TensorFile } from '../tensorFile.js';

const count = z.int().min(1);

export const vitFileSchema = z
  .object({ dim: count, depth: count, heads: count, patch: count, img: count })
  .refine(({ dim, heads }) => dim % heads === 0, { path: ['heads'], error: 'the heads do not divide the width' });

export interface ReferenceVit {
  readonly spec: VitSpec & { readonly kind: 'vit' };
  /** @returns the outputs, by name */
  run(engine: Engine, program: Program, inputs: NamedHostTensors): Promise<(output: string) => HostTensor>;
}

/** @throws Error that names the first parameter that is missing, or of another shape */
export function readVit(dir: string, config: z.output<typeof vitFileSchema>): ReferenceVit {
  const { dim, depth, heads, patch, img } = config;
  const file = new TensorFile(join(dir, 'vit.safetensors'));
  const inChans = file.get('patch_embed.proj.weight').shape[1] ?? 0;
  const spec = {
    kind: 'vit',
    ...vitOfDino({ patchSize: patch, inChans, imageSize: img, embedDim: dim, depth, numHeads: heads }),
  } as const;
  file.require(vitParameters(spec));
  return {
    spec,
    run: async (engine, program, inputs) => {
      const names = Object.keys(program.state);
      const state = Object.fromEntries(names.map((name) => [name, file.get(name.replace(/^backbone\./, ''))]));
      const session = await engine.compile(program, state);
      const outputs = await session.call(inputs);
      await session.dispose();
      return (output) => outputOf(outputs, output);
    },
  };
}
