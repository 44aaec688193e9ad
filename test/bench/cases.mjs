// What is measured, against what, and what it has to reach: a row of the table for each entry of each case.
import {
  dinoCommand,
  FORMS,
  mixedPrecisionCommand,
  mixedPrecisionTorchCommand,
  SMALL,
  SMALL_DINOV2,
  torchCommand,
  VIT_SMALL,
  VIT_SMALL_DINOV2,
} from './contestants.mjs';
import { cropsCommand, IMAGES, makeImages, torchvisionCommand } from './crops.mjs';
import { evaluationCommand, evaluationPeer, makeNetwork } from './evaluations.mjs';
import { lightlyCommand, trainingCommand } from './trainings.mjs';

/** @typedef {import('./contestants.mjs').Form} Form */
/** @typedef {import('./contestants.mjs').Settings} Settings */
/** @typedef {import('./measure.mjs').Command} Command */

/**
 * Limits of ratios to the peer in its round: images/s at least `speed` times, peak memory at most `memory` times; or of the seconds from
 * the start to the end of the first step. One of the entries must reach all of it.
 * @typedef {{ entries: readonly string[], speed?: number, memory?: number, seconds?: number }} Goal
 */

/** @typedef {{ id: string, label: string, command: (scratch: string) => Command }} Entry scratch: a folder of the round's own */

/**
 * @typedef {object} Case
 * @property {string} work
 * @property {string} unit of what the fields show: images/s, or s
 * @property {readonly Entry[]} entries
 * @property {boolean} [together] an entry needs the ones before it
 * @property {() => Promise<void>} [prepare] to be done before the first round
 * @property {Command} [peer]
 * @property {number} [stepsOfTurn] all are started, and take turns of so many steps; absent: one program after the other
 * @property {readonly Goal[]} goals
 */

/**
 * A whole training, beside lightly-train's.
 * @param {{ python?: string, forms: readonly Form[] }} options python: one that has lightly-train; without it, the case has no peer
 * @returns {Case}
 */
export function trainingCase({ python, forms }) {
  // XLA compiles for longer than a run of this length takes.
  const entries = forms
    .filter((form) => form !== 'xla')
    .map((form) => ({ id: `training-${form}`, label: FORMS[form].label, command: () => trainingCommand(form) }));
  return {
    work: `training from ${IMAGES}, ViT-Ti/16, 2x224 + 6x96, K 4096, batch 16; lightly-train with AdamW in place of PyTorch`,
    unit: 'images/s',
    entries,
    prepare: makeImages,
    ...(python && { peer: lightlyCommand(python) }),
    goals: [{ entries: entries.map(({ id }) => id), speed: 1.3 }],
  };
}

/** Times of PyTorch's speed that are asked for: its products are faster by Intel's library on Intel's processors. */
const SPEEDS = {
  amd: { onnx: 1.6, tensorflow: 2, features: 2 },
  other: { onnx: 1.2, tensorflow: 1.4, features: 1.2 },
};

/** Of each program in a round. */
const TURNS = 5;

/**
 * @param {{ python: string, forms: readonly Form[], onAmd?: boolean, onGpu?: boolean, steps?: number, warmup?: number }} options
 *   steps, warmup: other than the case's own; onAmd: whether the processor is AMD's; onGpu: whether there is a GPU for TensorFlow
 * @returns {Case[]}
 */
export function makeCases({ python, forms, onAmd = false, onGpu = false, steps, warmup }) {
  const speeds = onAmd ? SPEEDS.amd : SPEEDS.other;
  /** On a GPU one program would take the memory that the others need; few steps make no turns. */
  const turns = (/** @type {{ steps: number }} */ repetitions) =>
    onGpu || repetitions.steps < 2 * TURNS ? {} : { stepsOfTurn: Math.round(repetitions.steps / TURNS) };
  /**
   * @param {string} id
   * @param {string} work
   * @param {Settings} settings
   * @param {{ steps: number, warmup: number, features?: boolean }} usual
   * @param {readonly { forms: readonly Form[], speed: number, memory?: number }[]} limits
   * @param {import('./contestants.mjs').Method} [method]
   * @returns {Case}
   */
  const workload = (id, work, settings, usual, limits, method = 'dino') => {
    const repetitions = { ...usual, ...(steps && { steps }), ...(warmup && { warmup }) };
    return {
      work,
      unit: 'images/s',
      entries: forms.map((form) => ({
        id: `${id}-${form}`,
        label: FORMS[form].label,
        command: () => dinoCommand(settings, form, repetitions, method),
      })),
      peer: torchCommand(python, settings, repetitions, { method }),
      ...turns(repetitions),
      goals: limits.map(({ forms: judged, ...limit }) => ({
        entries: judged.filter((form) => forms.includes(form)).map((form) => `${id}-${form}`),
        ...limit,
      })),
    };
  };
  /** As one trains on a GPU; a processor gets a smaller batch of the same. @returns {Case} */
  const mixedPrecision = () => {
    const batch = onGpu ? 64 : 4;
    const settings = { ...VIT_SMALL, batch_size: batch };
    const repetitions = { steps: steps ?? (onGpu ? 50 : 20), warmup: warmup ?? (onGpu ? 10 : 2) };
    return {
      work: `step in bfloat16 on the ${onGpu ? 'GPU' : 'processor'}, ViT-S/16, 2x224 + 8x96, K 65536, batch ${batch}; PyTorch in autocast with fused attention`,
      unit: 'images/s',
      entries: [
        {
          id: 'vit-small-bfloat16',
          label: 'tensorflow, bfloat16',
          command: () => mixedPrecisionCommand(settings, repetitions),
        },
      ],
      peer: mixedPrecisionTorchCommand(python, settings, repetitions, onGpu),
      ...turns(repetitions),
      goals: [{ entries: ['vit-small-bfloat16'], ...(onGpu ? { speed: 1.2, memory: 1.3 } : { speed: 1.3 }) }],
    };
  };
  const stepGoals = (/** @type {number} */ memoryOfOnnx) => [
    { forms: /** @type {const} */ (['onnx']), speed: speeds.onnx, memory: memoryOfOnnx },
    { forms: /** @type {const} */ (['tensorflow', 'xla']), speed: speeds.tensorflow, memory: 1.2 },
  ];
  const dinov2Goals = [
    { forms: /** @type {const} */ (['onnx']), speed: 1, memory: 1.1 },
    { forms: /** @type {const} */ (['tensorflow', 'xla']), speed: 1.3, memory: 1.1 },
  ];
  const small = 'step, dim 192 depth 6, 2x32 + 4x16, K 1024';
  const often = { steps: 50, warmup: 3 };
  const lessOften = { steps: 20, warmup: 2 };
  return [
    workload('small-16', `${small}, batch 16`, SMALL, often, stepGoals(1)),
    workload('small-64', `${small}, batch 64`, { ...SMALL, batch_size: 64 }, lessOften, stepGoals(1)),
    workload('vit-small', 'step, ViT-S/16, 2x224 + 8x96, K 65536, batch 4', VIT_SMALL, lessOften, stepGoals(1.2)),
    ...(forms.includes('tensorflow') ? [mixedPrecision()] : []),
    workload(
      'dinov2-16',
      "DINOv2's step, dim 192 depth 6, 2x32 + 4x16, K 1024, batch 16",
      SMALL_DINOV2,
      often,
      dinov2Goals,
      'dinov2',
    ),
    workload(
      'dinov2-vit-small',
      "DINOv2's step, ViT-S/14, 2x224 + 8x98, K 65536, batch 4",
      VIT_SMALL_DINOV2,
      lessOften,
      dinov2Goals,
      'dinov2',
    ),
    workload(
      'features',
      'features, ViT-S/16, 224, batch 16',
      // The head is no part of it: a small one is soon made.
      { ...VIT_SMALL, batch_size: 16, out_dim: 1024 },
      { ...lessOften, features: true },
      [{ forms: ['onnx', 'tensorflow', 'xla'], speed: speeds.features }],
    ),
    {
      work: `crops of ${IMAGES}, 2x224 + 8x96, 2 workers`,
      unit: 'images/s',
      entries: [
        { id: 'crops', label: 'crop pool', command: () => cropsCommand() },
        { id: 'crops-cached', label: 'crop pool, decoded before', command: () => cropsCommand({ cacheMb: 512 }) },
      ],
      prepare: makeImages,
      peer: torchvisionCommand(python),
      goals: [{ entries: ['crops'], speed: 2.5 }],
    },
    {
      work: `features from ${IMAGES} with decoding, ViT-S/16; PyTorch with a DataLoader of 2 workers`,
      unit: 'images/s',
      entries: [{ id: 'features-files', label: 'onnx', command: () => evaluationCommand('features') }],
      prepare: async () => {
        await makeImages();
        await makeNetwork();
      },
      peer: evaluationPeer(python, 'features'),
      goals: [{ entries: ['features-files'], speed: speeds.features }],
    },
    {
      work: 'k-NN of 10,000 features among 50,000, width 384, k up to 200',
      unit: 'images/s',
      entries: [{ id: 'knn', label: 'onnx', command: () => evaluationCommand('knn') }],
      peer: evaluationPeer(python, 'knn'),
      goals: [{ entries: ['knn'], speed: 1 }],
    },
    {
      work: 'epoch of a linear probe, 50,000 vectors of 1,536, 13 rates, 100 classes, batch 256',
      unit: 'images/s',
      entries: [{ id: 'linear', label: 'onnx', command: () => evaluationCommand('linear') }],
      peer: evaluationPeer(python, 'linear'),
      goals: [{ entries: ['linear'], speed: 1 }],
    },
    {
      work: 'first step after the start, dim 192 depth 6',
      unit: 's',
      // The second finds what the first has left in the round's folder.
      together: true,
      entries: [
        { id: 'start', label: 'onnx', command: startCommand },
        { id: 'start-again', label: 'onnx, started before', command: startCommand },
      ],
      goals: [
        { entries: ['start'], seconds: 5 },
        { entries: ['start-again'], seconds: 2 },
      ],
    },
  ];
}

/** @returns {Command} */
function startCommand(/** @type {string} */ scratch) {
  return { ...dinoCommand(SMALL, 'onnx', { steps: 1, warmup: 1 }), env: { DINO_STORAGE: scratch } };
}

/**
 * The cases with only the entries that were named, by an entry's id or by the case's part of it.
 * @param {readonly Case[]} cases
 * @param {readonly string[]} names
 * @throws Error when there is none of a name
 */
export function onlyNamed(cases, names) {
  const isNamed = (/** @type {Entry} */ { id }, /** @type {string} */ name) => id === name || id.startsWith(`${name}-`);
  const all = cases.flatMap(({ entries }) => entries);
  for (const name of names) {
    if (all.some((entry) => isNamed(entry, name))) continue;
    throw new Error(`--only names ${name}, but the rows are ${all.map(({ id }) => id).join(', ')}.`);
  }
  return cases.flatMap((one) => {
    const entries = one.entries.filter((entry) => names.some((name) => isNamed(entry, name)));
    return entries.length === 0 ? [] : [{ ...one, entries: one.together ? one.entries : entries }];
  });
}
