/** Which of TensorFlow's two ways runs a program: the graph as it is, op by op, or compiled as a whole by XLA. */
import { errorMessage } from '../../errors/errorMessage.js';
import { type NamedHostTensors, type Program, sizeOf } from '../../program/program.js';
import { callsAhead } from '../callsAhead.js';
import type { Session } from '../engine.js';
import type { FormTimes } from './forms.js';

export type Form = 'plain' | 'xla';

/** `DINO_TENSORFLOW_XLA`: 1 or 0 settles the form; anything else leaves it to the engine. */
export function wantedForm(): Form | undefined {
  const wanted = process.env['DINO_TENSORFLOW_XLA'];
  return wanted === '1' ? 'xla' : wanted === '0' ? 'plain' : undefined;
}

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
async function warmUp(program: Program, session: Session): Promise<void> {
  await session.call(nothing(program));
  await session.undo();
}

/** Milliseconds of the fastest of a few calls, made as a training makes them; the state is as it was after them. */
async function timeCalls(program: Program, session: Session): Promise<number> {
  const [first, second] = [nothing(program), nothing(program)];
  const inputs = Array.from({ length: TIMED_CALLS }, (_, call) => (call % 2 === 0 ? first : second));
  let fastest = Number.POSITIVE_INFINITY;
  let begun = performance.now();
  for await (const _ of callsAhead(session, inputs, TIMED_CALLS % 2 === 0 ? first : second)) {
    fastest = Math.min(fastest, performance.now() - begun);
    await session.undo();
    begun = performance.now();
  }
  return fastest;
}

/** How long a call takes in each form, as far as that is known of the program on this machine. */
export interface KnownTimes {
  readonly known: FormTimes | undefined;
  /** Called when they have been measured. */
  remember(times: FormTimes): void;
}

/**
 * A session of the form that is faster here. They are tried one after the other, never held at once: the state of a large
 * network may fill more than half of a GPU. What is known is not measured again.
 */
export async function openFaster<S extends Session>(
  program: Program,
  open: Open<S>,
  { known, remember }: KnownTimes,
): Promise<S> {
  if (known === undefined) {
    const plain = await open('plain');
    await warmUp(program, plain);
    const plainTime = await timeCalls(program, plain);
    await plain.dispose();
    const measured = (xla: number | string) => {
      const times = { program: program.name, plain: plainTime, xla };
      remember(times);
      return times;
    };
    const compiled = await open('xla');
    try {
      await warmUp(program, compiled);
      const times = measured(await timeCalls(program, compiled));
      if (isXlaFaster(times)) return compiled;
      await compiled.dispose();
      return await open('plain', whyPlain(times));
    } catch (error) {
      await compiled.dispose();
      return open('plain', whyPlain(measured(firstLine(error))));
    }
  }
  return isXlaFaster(known) ? openXla(program, open) : open('plain', whyPlain(known));
}

/** A session compiled by XLA, or a plain one where XLA cannot compile it. */
export async function openXla<S extends Session>(program: Program, open: Open<S>): Promise<S> {
  const compiled = await open('xla');
  try {
    await warmUp(program, compiled);
    return compiled;
  } catch (error) {
    await compiled.dispose();
    return open('plain', whyPlain({ plain: 0, xla: firstLine(error) }));
  }
}

const isXlaFaster = ({ plain, xla }: Pick<FormTimes, 'plain' | 'xla'>): boolean =>
  typeof xla === 'number' && xla <= plain;

const whyPlain = ({ plain, xla }: Pick<FormTimes, 'plain' | 'xla'>): string =>
  typeof xla === 'number'
    ? `as a plain graph, since XLA would take ${(xla / plain).toFixed(2)} times as long`
    : `as a plain graph, since XLA cannot compile it here: ${xla}`;

const firstLine = (error: unknown): string => errorMessage(error).split('\n')[0] as string;
