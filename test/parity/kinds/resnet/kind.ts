/** Folders of the form of `resnet`: DINO with convolutional backbones, by SGD and by LARS. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../../../src/engines/engine.js';
import { featuresProgram } from '../../../../src/method/features.js';
import { type NetworkSpec, networkOf } from '../../../../src/method/network.js';
import { type Difference, moved, relative } from '../../difference.js';
import { parseExpected } from '../../expected.js';
import type { Kind } from '../../kind.js';
import { cropSpecs, lossDifferences, makeSteps, outputOf, stepsSchema } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';

/** As the folder's README has them, for a float32 engine: relative norms. */
const LIMITS = { features: 2e-5, firstLoss: 1e-5, loss: 1e-4, gradient: 3e-4, center: 1e-4 };

const OPTIMIZERS = ['sgd', 'lars'] as const;
const ROLES = ['student', 'teacher'] as const;

const count = z.int().min(1);
const architectureSchema = z.object({
  layers: z.tuple([count, count, count, count]),
  width: count,
  feature_dim: count,
  params: count,
  steps: z.object({ sgd: stepsSchema, lars: stepsSchema }),
});
const expectedSchema = z.object({
  config: z.object({
    img: count,
    local: count,
    ncrops: z.int().min(2),
    batch: count,
    k: count,
    hidden: count,
    bottleneck_dim: count,
  }),
  bottleneck: architectureSchema.optional(),
  basic: architectureSchema.optional(),
});

type Config = z.output<typeof expectedSchema>['config'];

interface Architecture extends z.output<typeof architectureSchema> {
  readonly block: 'bottleneck' | 'basic';
  readonly network: NetworkSpec;
  readonly initial: TensorFile;
  readonly outputs: TensorFile;
  readonly final: (optimizer: (typeof OPTIMIZERS)[number], role: (typeof ROLES)[number]) => TensorFile;
}

interface Folder {
  readonly config: Config;
  readonly inputs: TensorFile;
  readonly architectures: readonly Architecture[];
}

export const resnet: Kind = {
  name: 'resnet',
  tellBy: 'an expected.json with config, and bottleneck or basic',
  recognizes: (json) =>
    Object.hasOwn(json, 'config') && ['bottleneck', 'basic'].some((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const folder = readFolder(dir, file, json);
    return {
      leftOut: folder.architectures.flatMap(({ outputs }) =>
        Object.keys(outputs.tensors).filter((name) => !/^(?:features_|grad_step0\.|center_)/.test(name)),
      ),
      precisions: ['float32'],
      withoutEngine: () => sizes(folder),
      on: (engine) => replay(engine, folder),
      count: () => ({ withoutEngine: folder.architectures.length, on: countOf(folder) }),
    };
  },
};

function readFolder(dir: string, file: string, json: unknown): Folder {
  const expected = parseExpected(expectedSchema, file, json);
  const { config } = expected;
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const inputs = tensors('inputs');
  const channels = inputs.get('step0_crop0').shape[1] ?? 0;
  const architectures = (['bottleneck', 'basic'] as const).flatMap((block): Architecture[] => {
    const architecture = expected[block];
    if (architecture === undefined) return [];
    const network = networkSpecOf(config, architecture, block, channels);
    const { parameters, buffers } = networkOf(network);
    const finals = new Map(
      OPTIMIZERS.flatMap((optimizer) =>
        ROLES.map((role) => [`${optimizer}_${role}`, tensors(`${block}_${optimizer}_${role}_final`)]),
      ),
    );
    const initial = tensors(`${block}_initial`);
    for (const weights of [initial, ...finals.values()]) weights.require({ ...parameters, ...buffers });
    for (const steps of Object.values(architecture.steps)) inputs.require(cropSpecs(steps, config, channels));
    const outputs = tensors(`${block}_outputs`);
    const final: Architecture['final'] = (optimizer, role) => finals.get(`${optimizer}_${role}`) as TensorFile;
    return [{ ...architecture, block, network, initial, outputs, final }];
  });
  return { config, inputs, architectures };
}

const networkSpecOf = (
  { img, hidden, bottleneck_dim, k }: Config,
  { layers, width, feature_dim }: z.output<typeof architectureSchema>,
  block: Architecture['block'],
  inChans: number,
): NetworkSpec => ({
  backbone: { kind: 'resnet', block, layers, width, inChans, imageSize: img },
  head: {
    inDim: feature_dim,
    hiddenDim: hidden,
    bottleneckDim: bottleneck_dim,
    outDim: k,
    normLastLayer: true,
    batchNorm: false,
  },
});

function* sizes({ architectures }: Folder): Generator<Difference> {
  for (const { block, network, params } of architectures) {
    const shapes = Object.values(networkOf(network).parameters).map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    const ours = shapes.reduce((sum, size) => sum + size, 0);
    yield { quantity: `parameters of ${block}`, measure: 'absolute', limit: 0, value: Math.abs(ours - params) };
  }
}

/** `features_<which>_<image>`: the file of the weights, and the image's name. */
const FEATURES = /^features_(initial|(sgd|lars)_(student|teacher))_(.+)$/;

async function* replay(engine: Engine, { config, inputs, architectures }: Folder): AsyncGenerator<Difference> {
  for (const architecture of architectures) {
    const { block, network, initial, outputs, steps, final } = architecture;
    yield* features(engine, architecture, inputs);
    for (const optimizer of OPTIMIZERS) {
      const name = `${block}, ${optimizer}`;
      const made = await makeSteps(engine, {
        network,
        optimizer,
        config,
        dropPath: false,
        steps: steps[optimizer],
        inputs,
        initial: (parameter) => initial.get(parameter),
      });
      const limitOf = (index: number) => (index === 0 ? LIMITS.firstLoss : LIMITS.loss);
      for (const difference of lossDifferences(steps[optimizer], made, limitOf))
        yield { ...difference, quantity: `${difference.quantity}, ${name}` };
      for (const [parameter, gradient] of Object.entries(made.gradients)) {
        const wanted = outputs.get(`grad_step0.${parameter}`);
        yield relative(`gradient ${parameter}, ${name}`, gradient, wanted, LIMITS.gradient);
      }
      for (const role of ROLES) {
        for (const [parameter, wanted] of Object.entries(final(optimizer, role).tensors)) {
          const ours = outputOf(made.state, `${role}.${parameter}`);
          yield moved(`${role} ${parameter}, ${name}`, ours, wanted, initial.get(parameter));
        }
      }
      const center = outputs.get(`center_${optimizer}`);
      yield relative(`center, ${name}`, outputOf(made.state, 'center'), center, LIMITS.center);
    }
  }
}

/** The features of each image by each of the weights; the images of a name are compiled for once. */
async function* features(engine: Engine, architecture: Architecture, inputs: TensorFile): AsyncGenerator<Difference> {
  const { block, network, initial, outputs, final } = architecture;
  const asked = Object.keys(outputs.tensors).flatMap((quantity) => {
    const [, , optimizer, role, image] = FEATURES.exec(quantity) ?? [];
    if (image === undefined) return [];
    const weights = optimizer === undefined ? initial : final(optimizer as 'sgd', role as 'student');
    return [{ quantity, image, weights }];
  });
  for (const name of new Set(asked.map(({ image }) => image))) {
    const images = inputs.get(`image_${name}`);
    const [batch, , height, width] = images.shape as [number, number, number, number];
    const program = featuresProgram(network.backbone, { batch, height, width });
    const stateOf = (weights: TensorFile) =>
      Object.fromEntries(Object.keys(program.state).map((key) => [key, weights.get(key)]));
    const session = await engine.compile(program, stateOf(initial));
    for (const { quantity, weights } of asked.filter(({ image }) => image === name)) {
      await session.writeState(stateOf(weights));
      const ours = outputOf(await session.call({ images }), 'cls');
      yield relative(`${quantity}, ${block}`, ours, outputs.get(quantity), LIMITS.features);
    }
    await session.dispose();
  }
}

function countOf({ architectures }: Folder): number {
  const counts = architectures.map(({ outputs, network, steps, final }) => {
    const features = Object.keys(outputs.tensors).filter((name) => FEATURES.test(name)).length;
    const gradients = Object.keys(networkOf(network).trained).length;
    const training = OPTIMIZERS.map((optimizer) => {
      const weights = ROLES.flatMap((role) => Object.keys(final(optimizer, role).tensors));
      return steps[optimizer].length + gradients + weights.length + 1;
    });
    return features + training.reduce((sum, value) => sum + value, 0);
  });
  return counts.reduce((sum, value) => sum + value, 0);
}
