/** The thread that TensorFlow works on, so that the process can answer meanwhile: serves `threadRuntime.ts`. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage } from '../../errors/errorMessage.js';
import type { TensorFlowBinding } from './load.js';
import { LocalRuntime } from './runtime.js';
import type { ThreadAnswer, ThreadRequest } from './threadRuntime.js';

const runtime = new LocalRuntime(createRequire(import.meta.url)(workerData as string) as TensorFlowBinding);

async function answer(request: ThreadRequest): Promise<ThreadAnswer['value']> {
  if (request.kind === 'load') return runtime.load(request.folder);
  if (request.kind === 'run') return runtime.run(request.session, request.feeds, request.fetches, request.withKept);
  if (request.kind === 'keep') await runtime.keep(request.session, request.tensors);
  else await runtime.unload(request.session);
  return undefined;
}

parentPort?.on('message', ({ id, request }: { readonly id: number; readonly request: ThreadRequest }) => {
  answer(request).then(
    (value) => {
      // What was copied out of TensorFlow is nobody else's: it moves.
      const moved = Array.isArray(value) ? value.map(({ data }) => data.buffer as ArrayBuffer) : [];
      parentPort?.postMessage({ id, value } satisfies ThreadAnswer, [...new Set(moved)]);
    },
    (error: unknown) => {
      const problem = errorMessage(error);
      parentPort?.postMessage({ id, value: undefined, problem } satisfies ThreadAnswer);
    },
  );
});
