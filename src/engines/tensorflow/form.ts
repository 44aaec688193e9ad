/** Which of TensorFlow's two ways runs a program: the graph as it is, op by op, or compiled as a whole by XLA. */
import { type NamedHostTensors, type Program, sizeOf } from '../../method/program.js';
import type { Session } from '../engine.js';

export type Form = 'plain' | 'xla';

/** @param runsAs what the session says of itself, if not simply its form */
type Open<S extends Session> = (form: Form, runsAs?: string) => Promise<S>;

const TIMED_CALLS = 3;

const nothing = (program: Program): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape, dtype }]) => {
      const data = dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape));
      return [name, { shape, dtype, data }];
    }),
  );

/** A call that leaves the state as it was: what TensorFlow does at the first call alone is done after it. */
export async function warmUp(program: Program, session: Session): Promise<void> {
  await session.call(nothing(program));
  await session.undo();
}

/** Milliseconds of the fastest of a few calls, the state being as it was after them. */
async function timeCalls(program: Program, session: Session): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let call = 0; call < TIMED_CALLS; call++) {
    const begun = performance.now();
    await session.call(nothing(program));
    fastest = Math.min(fastest, performance.now() - begun);
    await session.undo();
  }
  return fastest;
}

/**
 * A session of the form that is faster here. They are tried one after the other, never held at once: the state of a large
 * network may fill more than half of a GPU.
 */
export async function openFaster<S extends Session>(program: Program, open: Open<S>): Promise<S> {
  const plain = await open('plain');
  await warmUp(program, plain);
  const plainTime = await timeCalls(program, plain);
  await plain.dispose();
  let why: string;
  const compiled = await open('xla');
  try {
    await warmUp(program, compiled);
    const time = await timeCalls(program, compiled);
    if (time <= plainTime) return compiled;
    why = `XLA would take ${(time / plainTime).toFixed(2)} times as long`;
  } catch (error) {
    why = `XLA cannot compile it here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
  await compiled.dispose();
  return open('plain', `as a plain graph, since ${why}`);
}
