import { initializeNetwork } from '../method/initialize.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf } from '../method/program.js';
import type { NetworkSpec } from '../method/specification.js';
import { stepInputs, trainingStep } from '../method/step.js';
import type { Engine } from './engine.js';

/** As wide as the preset for small pictures, but not as deep: what a step spends its time with is the same. */
const NETWORK: NetworkSpec = {
  vit: { patchSize: 4, inChans: 3, imageSize: 32, embedDim: 192, depth: 2, numHeads: 3 },
  head: { inDim: 192, hiddenDim: 512, bottleneckDim: 128, outDim: 1024, normLastLayer: true },
};
const BATCH = 4;
const LOCAL_CROPS = 2;
const LOCAL_SIZE = 16;
const WARM_UP = 2;
const TIMED = 5;

/** The median milliseconds of a training step of a small network; takes some seconds, most of them for compiling. */
export async function timeStep(engine: Engine): Promise<number> {
  const program = trainingStep({
    network: NETWORK,
    batchSize: BATCH,
    calls: 1,
    localCropsNumber: LOCAL_CROPS,
    localSize: LOCAL_SIZE,
    dropPath: false,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    clipGrad: 3,
  });
  const session = await engine.compile(program, startingState(program));
  try {
    const times: number[] = [];
    for (let step = 0; step < WARM_UP + TIMED; step++) {
      const begun = performance.now();
      await session.call(inputsAt(step, program));
      if (step >= WARM_UP) times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b)[Math.floor(TIMED / 2)] ?? Number.POSITIVE_INFINITY;
  } finally {
    await session.dispose();
  }
}

/** Student and teacher alike, all else 0. */
function startingState({ state }: Program): NamedHostTensors {
  const weights = initializeNetwork(NETWORK, 0);
  const initial = ([name, { shape, dtype }]: [string, Pick<HostTensor, 'shape' | 'dtype'>]): [string, HostTensor] => [
    name,
    {
      shape,
      dtype,
      data: weights[name.replace(/^(student|teacher)\./, '')]?.data.slice() ?? new Float32Array(sizeOf(shape)),
    },
  ];
  return Object.fromEntries(Object.entries(state).map(initial));
}

function inputsAt(step: number, { inputs }: Program): NamedHostTensors {
  const scalars = stepInputs({
    lr: 1e-3,
    weightDecay: 0.04,
    teacherMomentum: 0.996,
    teacherTemp: 0.04,
    lastLayerFrozen: false,
    optimizerSteps: { main: step, lastLayer: step },
  });
  const crops = ['globals', 'locals'].map((name): [string, HostTensor] => {
    const shape = inputs[name]?.shape ?? [0];
    // Any values of a picture's size will do.
    return [
      name,
      { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)) },
    ];
  });
  return { ...scalars, ...Object.fromEntries(crops) };
}
