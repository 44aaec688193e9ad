import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { loadCheckpoint, type TrainingState } from '../../../src/runs/checkpoint.js';

/** A tensor of numbers that do not survive a detour over decimals of too few digits. */
const filled = (shape: number[], value: number): HostTensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, (_, i) => value + i / 3) };
};

/** A state whose every number tells its step. */
export function trainingState(step: number, size = 8): TrainingState {
  const network = (offset: number): NamedHostTensors => ({
    'backbone.norm.weight': filled([size], step + offset),
    'head.last_layer.weight_g': filled([4, 1], step + offset),
  });
  return {
    networks: { student: network(0), teacher: network(0.5) },
    moments: {
      'exp_avg.backbone.norm.weight': filled([size], step),
      'exp_avg_sq.backbone.norm.weight': filled([size], step),
    },
    memory: { center: filled([1, 4], step / 7) },
    step,
    epoch: Math.floor(step / 10),
    iteration: step % 10,
    optimizerSteps: { main: step, lastLayer: Math.max(0, step - 10) },
    seed: 3,
    epochs: 5,
    stepsPerEpoch: 10,
  };
}

/** With what DINO has. */
export const loadDino = (path: string): TrainingState =>
  loadCheckpoint(path, { roles: { student: {}, teacher: {} }, memory: { center: {} } });
