/** What the steps of DINOv2 in reference folders have in common, with the networks' own averages as teachers or with others. */
import { listed, type MaskSpec } from '../../src/method/masks/maskedCrops.js';
import { float32, type HostTensor, type NamedHostTensors, sizeOf } from '../../src/program/program.js';
import type { Difference } from './difference.js';
import type { TensorFile } from './tensorFile.js';

/** As the folders' README has them: relative norms. */
export const STEP_LIMITS = { loss: 1e-5, norm: 2e-5, gradient: 1e-4, weight: 1e-4, center: 1e-5 };

export const TERMS = ['dino_local_crops_loss', 'dino_global_crops_loss', 'koleo_loss', 'ibot_loss'] as const;

/** As many patches may be masked as are there: the steps' own masks say which. */
export function masksOf(inputs: TensorFile): MaskSpec {
  const side = Math.sqrt(inputs.get('step0.masks').shape[1] ?? 0);
  return { grid: { rows: side, columns: side }, probability: 1, ratio: [1, 1], largestBlock: side };
}

/** Crops and masks of a step. @param listLength places for masked patches */
export function cropsAndMasks(inputs: TensorFile, step: number, listLength: number): NamedHostTensors {
  const { shape, data } = inputs.get(`step${step}.masks`);
  const { masks, indices, weights } = listed(Uint8Array.from(data), shape[1] ?? 0, listLength);
  return {
    globals: inputs.get(`step${step}.global_crops`),
    locals: inputs.get(`step${step}.local_crops`),
    masks: { shape, dtype: 'float32', data: masks },
    mask_indices_list: { ...float32(listLength), data: indices },
    masks_weight: { ...float32(listLength), data: weights },
  };
}

/** Of the gradients of a module, before clipping. */
export function normOf(outputs: NamedHostTensors, module: string): number {
  const prefix = `gradient.${module.replace(/^dino_head$/, 'head')}.`;
  const norms = Object.entries(outputs).flatMap(([name, { data }]) =>
    name.startsWith(prefix) ? [Math.hypot(...data)] : [],
  );
  return Math.hypot(...norms);
}

export function relativeNumber(quantity: string, ours: number, wanted: number, limit: number): Difference {
  return { quantity, limit, measure: 'relative', value: Math.abs(ours - wanted) / Math.abs(wanted) };
}

export const zeros = (shape: readonly number[]): HostTensor => ({
  ...float32(...shape),
  data: new Float32Array(sizeOf(shape)),
});

/** The original's name of one of our parameters. */
export const originalHead = (parameter: string): string => parameter.replace(/^head\./, 'dino_head.');
