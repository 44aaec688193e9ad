import * as tf from '@tensorflow/tfjs-core';
import type { NamedSpecs, NamedTensors, Program } from '../program/program.js';
import type { Graph, Value } from './graph.js';
import { TRACING_BACKEND, type TracingBackend, tracingBackend } from './tracingBackend.js';

/**
 * Records one call of the program. Nothing is computed: the program sees tensors without values.
 *
 * Throws when the program uses an op that cannot be traced (the message names the op and the line that asked for it), reads
 * a value, or uses a tensor from outside.
 */
export async function trace(program: Program): Promise<Graph> {
  const backend = tracingBackend();
  const { stackTraceLimit } = Error;
  const previous = tf.engine().backendName as string | undefined;
  if (!(await tf.setBackend(TRACING_BACKEND))) throw new Error('The tracing backend could not be started.');
  const recording = backend.start();
  // tfjs puts a dozen frames between an op's caller and its kernel.
  Error.stackTraceLimit = 50;
  try {
    const state = inputValues(program.state);
    const inputs = inputValues(program.inputs);
    let result: ReturnType<Program['body']> | undefined;
    tf.tidy(() => {
      result = program.body(handles(backend, state), handles(backend, inputs));
    });
    if (result === undefined) throw new Error(`${program.name} returned nothing.`);
    return {
      state,
      inputs,
      constants: recording.constants,
      nodes: recording.nodes,
      newState: valuesOf(backend, result.state),
      outputs: valuesOf(backend, result.outputs),
    };
  } catch (error) {
    throw explained(program, error);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    backend.finish();
    if (previous !== undefined && previous !== TRACING_BACKEND) await tf.setBackend(previous);
  }
}

const inputValues = (specs: NamedSpecs): Map<string, Value> =>
  new Map(Object.entries(specs).map(([name, { shape, dtype }]) => [name, { shape, type: dtype }]));

const handles = (backend: TracingBackend, values: ReadonlyMap<string, Value>): NamedTensors =>
  Object.fromEntries(
    [...values].map(([name, value]) => [name, tf.engine().makeTensorFromTensorInfo(backend.handle(value))]),
  );

/** Disposed handles still lead to their values: the graph, not tfjs, keeps them. */
const valuesOf = (backend: TracingBackend, tensors: NamedTensors): Map<string, Value> =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, backend.traced(tensor)]));

/** tfjs says which kernel is missing; this says who wanted it. */
function explained(program: Program, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`${program.name} could not be traced: ${String(error)}`);
  const missing = /^Kernel '(\w+)' not registered/.exec(error.message)?.[1];
  if (missing === undefined) return error;
  // Stacks are written when first read: from here on in lines of the sources, also where they were bundled.
  process.setSourceMapsEnabled(true);
  const line = error.stack
    ?.split('\n')
    .find((frame) => /:\d+:\d+\)?$/.test(frame) && !/tfjs-core|src[\\/]compile[\\/]/.test(frame))
    ?.trim()
    .replace(/^at /, '');
  return new Error(
    `The op ${missing}, used by the ${program.name}${line ? ` at ${line}` : ''}, cannot be traced: give it a rule in compile/kernels.ts and in each emitter.`,
    { cause: error },
  );
}
