/**
 * Checkpoints of a run: `checkpoints/<step>/` with the two networks and the optimizer in safetensors (the original's
 * names and layout) and the counters in state.json. Together they continue the run bit for bit.
 */
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { HostTensor, NamedHostTensors } from '../method/program.js';
import { fileErrorCode, fileProblem } from './fileProblem.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const countersSchema = z.object({
  schemaVersion: z.literal(1),
  step: z.int().min(0),
  epoch: z.int().min(0),
  iteration: z.int().min(0),
  optimizerSteps: z.object({ main: z.int().min(0), lastLayer: z.int().min(0) }),
  seed: z.int().min(0),
  epochs: z.int().min(1),
  stepsPerEpoch: z.int().min(1),
});
