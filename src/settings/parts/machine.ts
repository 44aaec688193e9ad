import { availableParallelism } from 'node:os';
import {
  ENGINE_NAMES,
  ENGINES,
  type EngineName,
  enginesAbleTo,
  multipliesIn,
  namedForUse,
} from '../../engines/abilities.js';
import { PRECISIONS, PROVIDERS, type Precision } from '../../engines/engine.js';
import type { SettingsPart } from '../part.js';
import { flag, number, oneOf, whole } from '../values.js';

interface Seen {
  readonly engine: EngineName | 'auto';
  readonly precision: Precision;
  readonly gpus: number;
  readonly gradient_accumulation_steps: number;
  readonly batch_size: number;
}

/** What the setting `engine` may be. */
export const ENGINE_CHOICES = ['auto', ...ENGINE_NAMES] as const;

/** Engines with which several GPUs can share a batch. */
const SHARING = enginesAbleTo({ gpus: 2 }, ENGINES);

/** What computes, and within which bounds of memory and time. */
export const machine = {
  fixed: {
    precision: oneOf(...PRECISIONS)
      .default('float32')
      .describe(
        `What matrices are multiplied in; weights and sums stay float32. bfloat16 (processors and GPUs) and tf32 (NVIDIA GPUs) are faster and need ${namedForUse(enginesAbleTo({ precision: 'bfloat16' }, ENGINES))}.`,
      ),
  },
  changeable: {
    engine: oneOf(...ENGINE_CHOICES)
      .default('auto')
      .describe('What runs the training step; auto takes the fastest that this machine has.'),
    provider: oneOf('auto', ...PROVIDERS)
      .default('auto')
      .describe(
        'What the engine onnx computes on; auto takes a GPU when it was tried on this machine and is faster than the processor.',
      ),
    gpus: whole(1, 64)
      .default(1)
      .describe(
        `GPUs of this machine that share each batch, with ${namedForUse(SHARING)}; batch_size / gradient_accumulation_steps must be a multiple of it.`,
      ),
    gradient_accumulation_steps: whole(1, 65_536)
      .default(1)
      .describe(
        'Parts that a batch is computed in, one after the other, for less memory and the same result (but batch norm, where a network has it, sees each part by itself); batch_size must be a multiple of it.',
      ),
    activation_checkpointing: flag()
      .default(false)
      .describe(
        'Computes what the blocks of the student compute a second time, for the gradient, instead of keeping it: less memory, about a tenth more time, the same result.',
      ),
    num_workers: whole(1, 256)
      .optional()
      .describe('Threads that decode and crop images. When left out: one less than the processor cores.'),
    cache_mb: whole(0, 65_536)
      .default(256)
      .describe('Memory in MB for decoded images, so that a small data set is decoded only once; 0 keeps none.'),
    max_unreadable_share: number(0, 1)
      .default(0.1)
      .describe('Largest share of the images that may be unreadable before the run stops.'),
  },
  derived: {
    num_workers: () => Math.max(1, availableParallelism() - 1),
  },
  check: (settings: Seen) => [...dividedBatch(settings), ...engineAbilities(settings)],
} satisfies SettingsPart;

function dividedBatch({ batch_size, gradient_accumulation_steps, gpus }: Seen): string[] {
  if (batch_size % gradient_accumulation_steps !== 0)
    return [
      `batch_size is ${batch_size}, but must be a multiple of gradient_accumulation_steps, which is ${gradient_accumulation_steps}`,
    ];
  const part = batch_size / gradient_accumulation_steps;
  if (part % gpus === 0) return [];
  const name = gradient_accumulation_steps > 1 ? 'batch_size / gradient_accumulation_steps' : 'batch_size';
  return [`gpus is ${gpus}, but must divide ${name}, which is ${part}`];
}

function engineAbilities({ engine, precision, gpus }: Seen): string[] {
  const abilities = ENGINES.find(({ name }) => name === engine);
  if (abilities === undefined) return [];
  const problems: string[] = [];
  if (gpus > 1 && !abilities.sharesBatches)
    problems.push(
      `gpus is ${gpus}, but must be 1 for the engine ${engine}: only ${SHARING.map(({ name }) => name).join(' or ')} shares a batch among GPUs`,
    );
  if (!multipliesIn(precision, abilities))
    problems.push(`precision is "${precision}", but must be "float32" for the engine ${engine}`);
  return problems;
}
