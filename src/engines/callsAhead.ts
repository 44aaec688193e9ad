import type { NamedHostTensors } from '../program/program.js';
import type { Session } from './engine.js';

/**
 * Calls a session with each of these inputs in turn and gives the outputs of each call. Each call names the inputs of the one after it,
 * so that a GPU is sent them while it computes: what is timed is then what a training costs.
 * @param following the inputs of the call after these, where they are known
 */
export async function* callsAhead(
  session: Session,
  inputs: Iterable<NamedHostTensors>,
  following?: NamedHostTensors,
): AsyncGenerator<NamedHostTensors, void> {
  const calls = inputs[Symbol.iterator]();
  for (let call = calls.next(); !call.done; ) {
    const next = calls.next();
    yield await session.call(call.value, next.done ? following : next.value);
    call = next;
  }
}
