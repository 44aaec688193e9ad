/**
 * The arguments of the original's training script (facebookresearch/dino main_dino.py) that are no settings here. Most of its
 * arguments are settings of the same name. What the others come to, translateOriginal.ts says.
 */
import { z } from 'zod';
import { flag, whole } from './values.js';

const count = () => whole(1, 65_536).optional();
const place = (description: string) =>
  z
    .string({ error: () => 'a path' })
    .optional()
    .describe(description);
const unused = () => z.unknown().optional().describe("The original's; not used here.");

/** Arguments of main_dino.py, of run_with_submitit.py, and what `init_distributed_mode` adds to them (utils.py). */
export const originalSchema = z.object({
  batch_size_per_gpu: count().describe(
    "The original's batch on each GPU: batch_size is this times the number of GPUs (world_size, or gpus).",
  ),
  world_size: count().describe('How many GPUs shared a batch in the original, with batch_size_per_gpu.'),
  nproc_per_node: count().describe("GPUs of a machine, as the original's launcher has it; see world_size."),
  nnodes: count().describe("Machines, as the original's launcher has it; see world_size."),
  ngpus: count().describe("GPUs of a machine, as the original's run_with_submitit.py has it; see world_size."),
  nodes: count().describe("Machines, as the original's run_with_submitit.py has it; see world_size."),
  use_fp16: flag()
    .optional()
    .describe("The original's mixed precision: bfloat16 with the engine tensorflow, else float32. See precision."),
  data_path: place('Where the images of the original run were. Those of this run are named when it is started.'),
  output_dir: place('Where the original run was kept. The folder of this run is named when it is started.'),
  dist_url: unused(),
  dist_backend: unused(),
  local_rank: unused(),
  rank: unused(),
  gpu: unused(),
  timeout: unused(),
  partition: unused(),
  use_volta32: unused(),
  comment: unused(),
});
export type OriginalKey = keyof typeof originalSchema.shape;

export const isOriginalKey = (key: string): key is OriginalKey => Object.hasOwn(originalSchema.shape, key);

/** They tell the original's processes how to find each other, and a cluster how to run them. */
export const ABOUT_PROCESSES: readonly OriginalKey[] = [
  'dist_url',
  'dist_backend',
  'local_rank',
  'rank',
  'gpu',
  'timeout',
  'partition',
  'use_volta32',
  'comment',
];

/** Together they say the batch of all GPUs. */
const ABOUT_BATCH: readonly string[] = [
  'batch_size_per_gpu',
  'world_size',
  'nproc_per_node',
  'nnodes',
  'ngpus',
  'nodes',
] satisfies readonly OriginalKey[];

/** Whether settings take the place of one with this key, which may be an argument of the originals. */
export const takesPlaceOf = (settings: object, key: string): boolean =>
  Object.hasOwn(settings, key) ||
  (Object.hasOwn(settings, 'batch_size') && ABOUT_BATCH.includes(key.replace(/^train\./, '')));

/** What main_dino.py takes for arguments that are left out, where the settings take something else. */
export const ORIGINAL_DEFAULTS: Readonly<Record<string, unknown>> = {
  batch_size_per_gpu: 64,
  out_dim: 65_536,
  warmup_epochs: 10,
};
