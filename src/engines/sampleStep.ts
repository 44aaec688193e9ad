/** A training step of a small network, to measure and to try engines with. */
import { vitOfDino } from '../method/backbones/vit/lineages.js';
import { initializeNetwork } from '../method/initialParameters.js';
import type { NetworkSpec } from '../method/network.js';
import { adamw } from '../method/optimizers/adamw.js';
import { stepInputs } from '../method/stepInputs.js';
import { trainingStep } from '../method/trainingStep.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf } from '../program/program.js';

export interface SampleStep {
  readonly program: Program;
  /** Student and teacher alike, and moments as of a run that is under way: an update then depends on them smoothly. */
  readonly state: NamedHostTensors;
  /** Of the step after `step` steps. */
  readonly inputs: (step: number) => NamedHostTensors;
}

export interface SampleSize {
  readonly network: NetworkSpec;
  readonly batchSize: number;
  readonly localCropsNumber: number;
  readonly localSize: number;
}

/** As wide as the preset for small images, but not as deep: what a step spends its time with is the same. */
export const SMALL_SAMPLE: SampleSize = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 32, embedDim: 192, depth: 2, numHeads: 3 }),
    },
    head: { inDim: 192, hiddenDim: 512, bottleneckDim: 128, outDim: 1024, normLastLayer: true, batchNorm: false },
  },
  batchSize: 4,
  localCropsNumber: 2,
  localSize: 16,
};

/** @param gradients whether the program also gives each parameter's gradient */
export function sampleStep(size: SampleSize, { gradients = false } = {}): SampleStep {
  const program = sampleProgram(size, { gradients });
  return { program, state: startingState(size, program), inputs: (step) => inputsAt(step, program) };
}

/** The program alone: random weights take longer than all else. */
export const sampleProgram = (size: SampleSize, { gradients = false } = {}): Program =>
  trainingStep({
    ...size,
    calls: 1,
    dropPath: false,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    clipGrad: 3,
    optimizer: adamw.name,
    gradients,
  });

function startingState({ network }: SampleSize, { state }: Program): NamedHostTensors {
  const weights = initializeNetwork(network, 0);
  const initial = ([name, { shape, dtype }]: [string, Pick<HostTensor, 'shape' | 'dtype'>]): [string, HostTensor] => {
    const weight = weights[name.replace(/^(student|teacher)\./, '')]?.data.slice();
    const data = weight ?? new Float32Array(sizeOf(shape)).fill(name.startsWith('exp_avg_sq.') ? 1e-4 : 0);
    return [name, { shape, dtype, data }];
  };
  return Object.fromEntries(Object.entries(state).map(initial));
}

function inputsAt(step: number, { inputs }: Program): NamedHostTensors {
  const scalars = stepInputs(adamw, {
    lr: 1e-3,
    weightDecay: 0.04,
    teacherMomentum: 0.996,
    ofMethod: { teacher_temp: 0.04 },
    lastLayerFrozen: false,
    optimizerSteps: { main: step, lastLayer: step },
  });
  const crops = ['globals', 'locals'].map((name): [string, HostTensor] => {
    const shape = inputs[name]?.shape ?? [0];
    // Any values of an image's size will do.
    return [
      name,
      { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)) },
    ];
  });
  return { ...scalars, ...Object.fromEntries(crops) };
}
