/** How fast each program was in each of TensorFlow's forms on this machine: found out once. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { describeMachine } from '../fastest.js';
import { recall, remember } from '../memory.js';
import { storageFolder } from '../storage.js';

const timesSchema = z.object({
  /** For people, e.g. `training step`. */
  program: z.string(),
  /** Milliseconds of a call. */
  plain: z.number(),
  /** Milliseconds of a call, or why XLA cannot compile it here. */
  xla: z.union([z.number(), z.string()]),
});

export type FormTimes = z.infer<typeof timesSchema>;

/** By what runs them and what they are; the newest last. */
export const TIMED_FORMS = { file: 'tensorflow-forms.json', schema: z.record(z.string(), timesSchema) };

/** Programs that are remembered. */
const MOST = 50;

/** @param version TensorFlow's, and of what it computes on */
export const formKey = (version: string, savedModel: Uint8Array): string =>
  `${version} ${createHash('sha256').update(savedModel).digest('hex').slice(0, 16)}`;

export const formTimes = (storage = storageFolder()): Readonly<Record<string, FormTimes>> =>
  recall(storage, TIMED_FORMS, describeMachine()) ?? {};

export function rememberForm(key: string, times: FormTimes, storage = storageFolder()): void {
  const { [key]: _before, ...others } = formTimes(storage);
  const kept = Object.entries(others).slice(1 - MOST);
  remember(storage, TIMED_FORMS, describeMachine(), Object.fromEntries([...kept, [key, times]]));
}
