/** Folders of the form of `optimizers`: runs of one small ViT that differ in optimizer, head and last layer. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../../../src/engines/engine.js';
import { type NetworkSpec, networkOf } from '../../../../src/method/network.js';
import { ORIGINAL_GROUPS } from '../../../../src/method/optimizers/groups.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, moved, relative } from '../../difference.js';
import { parseExpected } from '../../expected.js';
import type { Kind } from '../../kind.js';
import { cropSpecs, lossDifferences, makeSteps, outputOf, reproducible, stepsSchema } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';
import { vitConfigSchema, vitNetwork } from '../vitConfig.js';
import { LIMITS } from './limits.js';
import { updateRule } from './updateRule.js';

const variantSchema = z.object({
  optimizer: z.enum(['adamw', 'sgd', 'lars']),
  use_bn_in_head: z.boolean(),
  norm_last_layer: z.boolean(),
  steps: stepsSchema,
  groups: z.object({ not_regularized: z.array(z.string()) }),
});
const expectedSchema = z.object({
  config: vitConfigSchema,
  variants: z.record(z.string(), variantSchema),
});

export interface Variant extends z.output<typeof variantSchema> {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly initial: (name: string) => HostTensor;
  readonly final: { readonly student: TensorFile; readonly teacher: TensorFile };
}

interface Folder {
  readonly config: z.output<typeof expectedSchema>['config'];
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly variants: readonly Variant[];
}

export const optimizers: Kind = {
  name: 'optimizers',
  tellBy: 'an expected.json with config and variants',
  recognizes: (json) => ['config', 'variants'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const folder = readFolder(dir, file, json);
    const { outputs, variants } = folder;
    return {
      leftOut: Object.keys(outputs.tensors).filter((name) => !variants.some((variant) => isOf(variant, name))),
      precisions: ['float32'],
      withoutEngine: () => groups(variants),
      on: (engine) => replay(engine, folder),
      count: () => ({ withoutEngine: variants.length, on: countOf(folder) }),
    };
  },
};

function readFolder(dir: string, file: string, json: unknown): Folder {
  const { config, variants } = parseExpected(expectedSchema, file, json);
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const [inputs, outputs, initial] = [tensors('inputs'), tensors('outputs'), tensors('initial')];
  const channels = inputs.get('step0_crop0').shape[1] ?? 0;
  const all = Object.entries(variants).map(([name, variant]): Variant => {
    const head = variant.use_bn_in_head ? tensors('bn_initial') : initial;
    const network = vitNetwork(config, channels, {
      normLastLayer: variant.norm_last_layer,
      batchNorm: variant.use_bn_in_head,
    });
    const final = { student: tensors(`${name}_student_final`), teacher: tensors(`${name}_teacher_final`) };
    const { parameters, buffers } = networkOf(network);
    for (const weights of [final.student, final.teacher]) weights.require({ ...parameters, ...buffers });
    outputs.require({ [`center_${name}`]: { shape: [1, config.k], dtype: 'float32' } });
    inputs.require(cropSpecs(variant.steps, config, channels));
    return {
      ...variant,
      name,
      network,
      final,
      initial: (parameter) => (parameter.startsWith('head.') ? head : initial).get(parameter),
    };
  });
  return { config, inputs, outputs, variants: all };
}

/** Which parameters are not decayed. */
function* groups(variants: readonly Variant[]): Generator<Difference> {
  for (const { name, network, groups } of variants) {
    const plain = Object.entries(networkOf(network).trained).filter(
      ([name, spec]) => !ORIGINAL_GROUPS.of(name, spec).isDecayed,
    );
    const [ours, wanted] = [plain.map(([name]) => name), [...groups.not_regularized]].map((names) => names.sort());
    yield exact(`groups of ${name}`, ours?.join() === wanted?.join());
  }
}

/** Quantities of `outputs` that belong to a variant: `center_<variant>`, `grad_step0_<variant>.…`, `trace_<variant>.…`. */
const isOf = ({ name }: Variant, quantity: string): boolean =>
  [`center_${name}`, `grad_step0_${name}`, `trace_${name}`].includes(quantity.replace(/\..*$/, ''));

/** A bias before batch norm changes nothing, nor does the one that feeds it: their gradients are rounding. */
const BEFORE_BATCH_NORM = new Set(['head.mlp.0.bias', 'head.mlp.3.bias', 'backbone.norm.bias']);
/** What AdamW makes of that rounding reaches these. */
const AFTER_ROUNDING = new Set(['head.mlp.1.running_mean', 'head.mlp.4.running_mean']);

function isReproducible({ use_bn_in_head, optimizer }: Variant, name: string): boolean {
  if (!use_bn_in_head) return true;
  return !BEFORE_BATCH_NORM.has(name) && !(optimizer === 'adamw' && AFTER_ROUNDING.has(name));
}

async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  const { config, inputs, outputs } = folder;
  for (const variant of folder.variants) {
    const { name, network, optimizer, steps, initial, final } = variant;
    const made = await makeSteps(engine, { network, optimizer, config, dropPath: false, steps, inputs, initial });
    for (const difference of lossDifferences(steps, made, (index) => (index === 0 ? LIMITS.firstLoss : LIMITS.loss)))
      yield { ...difference, quantity: `${difference.quantity}, ${name}` };
    const part = (parameter: string, tensor: HostTensor) =>
      optimizer === 'adamw' ? reproducible(parameter, tensor) : tensor;
    for (const parameter of gradientsOf(folder, variant)) {
      const wanted = outputs.get(`grad_step0_${name}.${parameter}`);
      const ours = outputOf(made.gradients, parameter);
      yield relative(`gradient ${parameter}, ${name}`, part(parameter, ours), part(parameter, wanted), LIMITS.gradient);
    }
    for (const role of ['student', 'teacher'] as const) {
      for (const [parameter, wanted] of Object.entries(final[role].tensors)) {
        if (!isReproducible(variant, parameter)) continue;
        const [ours, end, start] = [outputOf(made.state, `${role}.${parameter}`), wanted, initial(parameter)].map(
          (tensor) => part(parameter, tensor),
        ) as [HostTensor, HostTensor, HostTensor];
        yield moved(`${role} ${parameter}, ${name}`, ours, end, start);
      }
    }
    yield relative(`center, ${name}`, outputOf(made.state, 'center'), outputs.get(`center_${name}`), LIMITS.center);
    yield* updateRule(engine, variant, outputs);
  }
}

const gradientsOf = ({ outputs }: Folder, variant: Variant): string[] =>
  Object.keys(outputs.tensors).flatMap((quantity) => {
    const prefix = `grad_step0_${variant.name}.`;
    const parameter = quantity.slice(prefix.length);
    return quantity.startsWith(prefix) && isReproducible(variant, parameter) ? [parameter] : [];
  });

function countOf(folder: Folder): number {
  const counts = folder.variants.map((variant) => {
    const weights = [variant.final.student, variant.final.teacher].flatMap(({ tensors }) => Object.keys(tensors));
    const traced = Object.keys(folder.outputs.tensors).filter((name) =>
      new RegExp(`^trace_${variant.name}\\.student_step\\d+\\.`).test(name),
    );
    return (
      variant.steps.length +
      gradientsOf(folder, variant).length +
      weights.filter((name) => isReproducible(variant, name)).length +
      1 +
      traced.length
    );
  });
  return counts.reduce((sum, value) => sum + value, 0);
}
