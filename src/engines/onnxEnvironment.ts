/** What ONNX Runtime has once for the whole process, by its C API: its environment, and memory that sessions share. */
import { emitOnnx } from '../compile/onnx/emit.js';
import { check, cStrings, onnxApi, type Pointer, written } from './onnxApi.js';

/** The runtime's numbers. */
const WARNINGS = 2;
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;
/** Of the shared arena. */
const ARENA = { max_power_of_two_extend_bytes: 32 * 2 ** 20 } as const;

/** Lets a session take its memory from the shared arena. */
export const SHARED_MEMORY = { 'session.use_env_allocators': '1' } as const;

/** For the life of the process. */
let environment: Pointer | undefined;
let ordinaryMemory: Pointer | undefined;

/**
 * Its shared arena takes small pieces of up to 32 MiB from the system, and what is larger by itself, where a session's own arena doubles what
 * it takes each time up to 1 GiB. So a large value gets its memory back as a whole: DINOv2's ViT-S/14 at batch 4 takes 3.3 GB in
 * place of 4.2. It suits runs that are all alike: images of many sizes would each need pieces of their own.
 */
export function onnxEnvironment(): Pointer {
  if (environment !== undefined) return environment;
  const api = onnxApi();
  const created = written<Pointer>((out) => api.createEnv(WARNINGS, 'dino', out));
  const keys = cStrings(Object.keys(ARENA));
  const values = BigUint64Array.from(Object.values(ARENA), BigInt);
  const arena = written<Pointer>((out) => api.createArenaCfgV2(keys.addresses, values, values.length, out));
  check(api.createAndRegisterAllocator(created, memoryInfo(ARENA_ALLOCATOR), arena));
  api.releaseArenaCfg(arena);
  environment = created;
  return created;
}

/** Memory of the process. */
export function onnxMemory(): Pointer {
  ordinaryMemory ??= memoryInfo(DEVICE_ALLOCATOR);
  return ordinaryMemory;
}

const memoryInfo = (allocator: number): Pointer =>
  written<Pointer>((out) => onnxApi().createCpuMemoryInfo(allocator, DEFAULT_MEMORY, out));

/** Gives to the system what nothing uses of the shared arena: the runtime does so at the end of a run that asks for it. */
export function shrinkSharedMemory(): void {
  const api = onnxApi();
  const sessionOptions = written<Pointer>((out) => api.createSessionOptions(out));
  const runOptions = written<Pointer>((out) => api.createRunOptions(out));
  try {
    for (const [key, value] of Object.entries(SHARED_MEMORY))
      check(api.addSessionConfigEntry(sessionOptions, key, value));
    check(api.addRunConfigEntry(runOptions, 'memory.enable_memory_arena_shrinkage', 'cpu:0'));
    const model = smallestModel();
    const env = onnxEnvironment();
    const session = written<Pointer>((out) =>
      api.createSessionFromArray(env, model, model.byteLength, sessionOptions, out),
    );
    const output = cStrings(['output/x']);
    const values = new BigUint64Array(1);
    check(api.run(session, runOptions, new BigUint64Array(0), new BigUint64Array(0), 0, output.addresses, 1, values));
    api.releaseValue(values[0] as Pointer);
    api.releaseSession(session);
  } finally {
    api.releaseRunOptions(runOptions);
    api.releaseSessionOptions(sessionOptions);
  }
}

function smallestModel(): Uint8Array {
  const x = { shape: [], type: 'float32' } as const;
  const none = new Map();
  const constants = new Map([[x, { shape: [], dtype: 'float32', data: new Float32Array(1) } as const]]);
  return emitOnnx('nothing', {
    state: none,
    inputs: none,
    constants,
    nodes: [],
    newState: none,
    outputs: new Map([['x', x]]),
  });
}
