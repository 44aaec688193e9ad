/** Runs that are distilled from the teacher of the reference. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isStep } from '../../../src/metrics/metricsLine.js';
import type { TrainProgress } from '../../../src/protocol/worker.js';
import { importWeights } from '../../../src/runs/importWeights.js';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { metricsFile } from '../../../src/runs/run.js';
import type { TrainRun } from '../../../src/training/prepare.js';
import { train } from '../../../src/training/trainer.js';

export const REFERENCE = join(import.meta.dirname, '../../reference');
/** 32 wide, 3 blocks, 4 heads, patches of 4 pixels, 40 prototypes and 56 for patches. */
export const TEACHER = join(REFERENCE, 'dinov2-distill/teacher.safetensors');

/** @returns the import of it in a new folder */
export async function importedTeacher(): Promise<string> {
  const out = join(mkdtempSync(join(tmpdir(), 'dino-teacher-')), 'teacher');
  await importWeights({ path: TEACHER, out, numHeads: 4, versions: {} });
  return out;
}

export const STUDENT = {
  ...{ method: 'dinov2', embed_dim: 20, depth: 2, num_heads: 2, image_size: 20, local_size: 8, local_crops_number: 2 },
  ...{ head_hidden_dim: 28, head_bottleneck_dim: 12, ibot_head_hidden_dim: 28, ibot_head_bottleneck_dim: 12 },
  ...{ batch_size: 4, epochs: 2, lr: 0.05, warmup_epochs: 0, freeze_last_layer: 0, warmup_teacher_temp_epochs: 1 },
  ...{ layerscale: 0.1, num_workers: 1, engine: 'onnx', knn_freq: 0 },
};

interface Heard {
  readonly stop: AbortSignal;
  readonly onProgress: (progress: TrainProgress) => void;
}

/** @returns what the run said @throws Error as it failed */
export async function distilled(
  request: Pick<TrainRun, 'data' | 'run'> & Partial<TrainRun>,
  { stop = new AbortController().signal, onProgress = () => undefined }: Partial<Heard> = {},
): Promise<string[]> {
  const log: string[] = [];
  const end = await train(
    { resume: false, ...request },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop,
      events: { onProgress, onLog: (_, message) => log.push(message) },
    },
  );
  if (end.reason === 'failed') throw new Error(end.message);
  return log;
}

export const lossesOf = (run: string): number[] =>
  readMetrics(metricsFile(run))
    .filter(isStep)
    .map(({ loss }) => loss);
