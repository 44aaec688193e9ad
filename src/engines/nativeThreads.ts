/**
 * Imported for what it does: the threads that decode images, read files and run ONNX Runtime are four by default, whatever the machine has
 * (libuv's pool, which every thread of a process shares). With more crop workers than that, a step would wait for their images. It must come
 * before the first of that work.
 */
import { availableParallelism } from 'node:os';

/** On each core a decoder, and a call of ONNX Runtime with a part of a step. */
const ON_EACH_CORE = 2;
/** Files, and an evaluation. */
const OTHERS = 4;

process.env['UV_THREADPOOL_SIZE'] ??= `${ON_EACH_CORE * availableParallelism() + OTHERS}`;
