/** The work of state updates, cut into tasks that threads take one after the other. */
import { type KernelFunction, kernelName, MEMORY_IMPORT } from '../../compile/wasm/updateKernels.js';

/** What a thread needs; all of it can be sent to another one. */
export interface UpdateWork {
  readonly module: WebAssembly.Module;
  /** Shared memories of WebAssembly, in which the tensors lie. */
  readonly memories: readonly WebAssembly.SharedMemory[];
  /** In shared memory, {@link TASK_FIELDS} numbers each: the memory's, the kernel's, and what its function takes. */
  readonly tasks: Uint32Array;
  /** In shared memory: how many tasks have been taken. */
  readonly taken: Int32Array;
}

export const TASK_FIELDS = 5;

/** A thread's way to do the work: each call takes tasks until none is left. */
export function workerOn({ module, memories, tasks, taken }: UpdateWork): () => void {
  const kernels = memories.map((memory) => {
    const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory } };
    return new WebAssembly.Instance(module, imports).exports as Readonly<Record<string, KernelFunction>>;
  });
  const count = tasks.length / TASK_FIELDS;
  return () => {
    for (let task = Atomics.add(taken, 0, 1); task < count; task = Atomics.add(taken, 0, 1)) {
      const place = task * TASK_FIELDS;
      const [memory, kernel, record, begin, end] = tasks.subarray(place, place + TASK_FIELDS) as unknown as Task;
      kernels[memory]?.[kernelName(kernel)]?.(record, begin, end);
    }
  };
}

type Task = readonly [memory: number, kernel: number, record: number, begin: number, end: number];
