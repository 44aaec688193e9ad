// The tiny networks that are exported for the libraries: those of the reference, and one that is made here.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const reference = path.join(root, 'test', 'reference', 'weights');

/**
 * @typedef {object} ExportedNetwork
 * @property {string} path
 * @property {number} [heads] Where the file does not tell.
 * @property {string} [network] Of several in the file.
 */

/** By what they have that the others have not. @type {Readonly<Record<string, ExportedNetwork>>} */
export const NETWORKS = {
  dino: { path: path.join(reference, 'dino', 'backbone.pth'), heads: 2 },
  registers: { path: path.join(reference, 'dinov2', 'registers.pth'), heads: 2 },
  swiglu: { path: path.join(reference, 'dinov2', 'swiglu.pth'), heads: 2 },
  'swiglu and registers': { path: path.join(reference, 'timm-dinov2_giant_reg4') },
  'no position for CLS': { path: path.join(reference, 'timm-dinov2_reg4') },
  'positions of timm': { path: path.join(reference, 'timm-dino') },
  'no biases of queries': { path: path.join(reference, 'hf-vit_eps') },
  'basic blocks': { path: path.join(reference, 'dino', 'resnet-full.pth'), network: 'teacher' },
  'bottleneck blocks': { path: path.join(reference, 'dino', 'resnet-backbone.pth') },
};

/** Batches of images: at the resolution of the training, and at others. */
export const IMAGES = path.join(reference, 'inputs.safetensors');

/** @returns {string} */
export const sha256 = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/** The name of the network that {@link writeWideResnet} makes: timm and torchvision build none with a stem of other than 64 channels. */
export const WIDE_RESNET = 'a stem of 64 channels';

/** A ResNet of one basic block a stage, in torchvision's names, always the same. */
export function writeWideResnet(/** @type {string} */ file) {
  /** @type {[string, number[]][]} */
  const tensors = [];
  const norm = (/** @type {string} */ name, /** @type {number} */ channels) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) tensors.push([`${name}.${part}`, [channels]]);
  };
  tensors.push(['conv1.weight', [64, 3, 7, 7]]);
  norm('bn1', 64);
  [64, 128, 256, 512].forEach((channels, stage) => {
    const block = `layer${stage + 1}.0`;
    const before = stage === 0 ? 64 : channels / 2;
    tensors.push(
      [`${block}.conv1.weight`, [channels, before, 3, 3]],
      [`${block}.conv2.weight`, [channels, channels, 3, 3]],
    );
    norm(`${block}.bn1`, channels);
    norm(`${block}.bn2`, channels);
    if (stage === 0) return;
    tensors.push([`${block}.downsample.0.weight`, [channels, before, 1, 1]]);
    norm(`${block}.downsample.1`, channels);
  });
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  /** @type {Record<string, unknown>} */
  const header = {};
  const parts = [];
  let place = 0;
  for (const [name, shape] of tensors) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const scale = shape.length === 1 ? 0.5 : Math.sqrt(12 / (size / /** @type {number} */ (shape[0])));
    const isPositive = name.endsWith('running_var') || (shape.length === 1 && name.endsWith('.weight'));
    const values = Float32Array.from({ length: size }, () => scale * random() + (isPositive ? 1 : 0));
    header[name] = { dtype: 'F32', shape, data_offsets: [place, place + 4 * size] };
    place += 4 * size;
    parts.push(new Uint8Array(values.buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([length, text, ...parts]));
}
