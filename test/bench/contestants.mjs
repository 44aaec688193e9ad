// Who is measured: the engines of `dino bench`, each in each of its forms, and PyTorch with the same settings.
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/setup.mjs';
import { measure } from './measure.mjs';

/** @typedef {import('./measure.mjs').Command} Command */
/** @typedef {Readonly<Record<string, number>>} Settings */
/** @typedef {{ steps: number, warmup: number, features?: boolean }} Repetitions features: a batch's features instead of a step */

/**
 * @typedef {'onnx' | 'tensorflow' | 'xla'} Form
 * @type {Readonly<Record<Form, { label: string, engine: string, env?: Readonly<Record<string, string>> }>>}
 */
export const FORMS = {
  onnx: { label: 'onnx', engine: 'onnx' },
  tensorflow: { label: 'tensorflow, plain', engine: 'tensorflow', env: { DINO_TENSORFLOW_XLA: '0' } },
  xla: { label: 'tensorflow, XLA', engine: 'tensorflow', env: { DINO_TENSORFLOW_XLA: '1' } },
};

/** A small network on small images. @type {Settings} */
export const SMALL = {
  embed_dim: 192,
  depth: 6,
  num_heads: 3,
  patch_size: 4,
  image_size: 32,
  local_size: 16,
  local_crops_number: 4,
  batch_size: 16,
  out_dim: 1024,
  head_hidden_dim: 512,
  head_bottleneck_dim: 128,
  drop_path_rate: 0.1,
};

/** The original's ViT-S/16. @type {Settings} */
export const VIT_SMALL = {
  embed_dim: 384,
  depth: 12,
  num_heads: 6,
  patch_size: 16,
  image_size: 224,
  local_size: 96,
  local_crops_number: 8,
  batch_size: 4,
  out_dim: 65536,
  head_hidden_dim: 2048,
  head_bottleneck_dim: 256,
  drop_path_rate: 0.1,
};

/** DINOv2's steps: its own drop path, and patches of 14 pixels. */
export const SMALL_DINOV2 = { ...SMALL, drop_path_rate: 0.3 };
export const VIT_SMALL_DINOV2 = { ...VIT_SMALL, patch_size: 14, local_size: 98, drop_path_rate: 0.3 };

/** The peer's name of each setting. @type {Readonly<Record<string, string>>} */
const PEER_FLAGS = {
  embed_dim: '--dim',
  depth: '--depth',
  num_heads: '--heads',
  patch_size: '--patch',
  image_size: '--image-size',
  local_size: '--local-size',
  local_crops_number: '--local-crops',
  batch_size: '--batch',
  out_dim: '--out-dim',
  head_hidden_dim: '--hidden',
  head_bottleneck_dim: '--bottleneck',
  drop_path_rate: '--drop-path',
};

const cli = path.join(root, 'dist', 'cli.cjs');
/** A method of training, and the script that does it in PyTorch. */
const METHODS = {
  dino: { peer: 'peer_torch.py' },
  dinov2: { peer: 'peer_dinov2.py' },
};
/** @typedef {keyof typeof METHODS} Method */

const peerScript = (/** @type {Method} */ method) => fileURLToPath(new URL(METHODS[method].peer, import.meta.url));

const repeated = (/** @type {Repetitions} */ { steps, warmup }) => [
  ...['--steps', String(steps)],
  ...['--warmup', String(warmup)],
];

/**
 * @param {Settings} settings
 * @param {Form} form
 * @param {Repetitions} repetitions
 * @param {Method} [method]
 * @returns {Command}
 */
export function dinoCommand(settings, form, repetitions, method = 'dino') {
  const { engine, env } = FORMS[form];
  return {
    program: process.execPath,
    args: [
      ...[cli, 'bench', '--json', '--no-pipeline', '--engine', engine, ...repeated(repetitions)],
      ...(repetitions.features ? ['--features'] : []),
      ...['--set', `method=${method}`],
      ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      // Like the peer's: a step past the epochs in which the prototypes are kept fixed.
      ...['--set', 'freeze_last_layer=0'],
    ],
    ...(env && { env }),
  };
}

/**
 * @param {string} python
 * @param {Settings} settings
 * @param {Repetitions} repetitions
 * @param {{ method?: Method, more?: readonly string[] }} [options] more: further flags of the peer's
 * @returns {Command}
 */
export const torchCommand = (python, settings, repetitions, { method = 'dino', more = [] } = {}) => ({
  program: python,
  args: [
    ...[peerScript(method), ...more, ...repeated(repetitions), '--threads', String(os.availableParallelism())],
    ...(repetitions.features ? ['--phase', 'forward'] : []),
    ...Object.entries(settings).flatMap(([key, value]) => [peerFlag(key), String(value)]),
  ],
});

function peerFlag(/** @type {string} */ key) {
  const flag = PEER_FLAGS[key];
  if (!flag) throw new Error(`The peer has no flag for the setting ${key}; add it to PEER_FLAGS.`);
  return flag;
}

/**
 * TensorFlow in bfloat16, in the form that it chooses itself: as one trains on a GPU.
 * @param {Settings} settings
 * @param {Repetitions} repetitions
 * @returns {Command}
 */
export function mixedPrecisionCommand(settings, repetitions) {
  const { program, args } = dinoCommand(settings, 'tensorflow', repetitions);
  return { program, args: [...args, '--set', 'precision=bfloat16'] };
}

/** The peer in autocast, with fused attention. @returns {Command} */
export const mixedPrecisionTorchCommand = (
  /** @type {string} */ python,
  /** @type {Settings} */ settings,
  /** @type {Repetitions} */ repetitions,
  /** @type {boolean} */ onGpu,
) =>
  torchCommand(python, settings, repetitions, {
    more: ['--device', onGpu ? 'cuda' : 'cpu', '--precision', 'bfloat16', '--attention', 'fused'],
  });

/** Whether TensorFlow computes on a GPU here. */
export const usesGpu = (/** @type {readonly EngineReport[]} */ reports) =>
  reports.some(({ name, version }) => name === 'tensorflow' && version?.includes('(gpu)'));

/** @typedef {{ name: string, available: boolean, version?: string, reason?: string, fix?: string }} EngineReport */

/** What `dino engines` says. @returns {Promise<EngineReport[]>} */
export async function engineReports() {
  const answer = await measure({ program: process.execPath, args: [cli, 'engines', '--json'] });
  return /** @type {{ engines: EngineReport[] }} */ (answer).engines;
}

/** The forms that run here; says why the others do not. @returns {Form[]} */
export function formsOf(/** @type {readonly EngineReport[]} */ reports) {
  for (const { name, available, reason, fix } of reports) {
    if (!available) console.warn(`Not measured: the engine ${name}, since ${reason}; to mend it, ${fix}.`);
  }
  const forms = /** @type {Form[]} */ (Object.keys(FORMS));
  return forms.filter((form) => reports.some(({ name, available }) => available && name === FORMS[form].engine));
}
