/**
 * Imported for what it does: the threads that decode images, read files and run ONNX Runtime are four by default, whatever the machine has
 * (libuv's pool, which every thread of a process shares). With more crop workers than that, a step would wait for their images. It must come
 * before the first of that work.
 */
import { availableParallelism } from 'node:os';

/** Beside a decoder on each core: the step, files, and an evaluation. */
const OTHERS = 4;

process.env['UV_THREADPOOL_SIZE'] ??= `${availableParallelism() + OTHERS}`;
