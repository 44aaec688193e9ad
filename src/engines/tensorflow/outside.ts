/**
 * What of a program's state lies outside TensorFlow: on the processor, all that is updated element by element. TensorFlow would make a pass
 * over memory for each product and sum, into new memory; outside, one pass makes all of an update, in place.
 */
import type { Graph, Value } from '../../compile/graph.js';
import { isNumber, splitStateUpdates } from '../../compile/stateUpdates.js';
import type { OutsideState } from '../../compile/tensorflow/emit.js';
import { tensorFlowNames } from '../../compile/tensorflow/names.js';
import { type HostTensor, type NamedSpecs, sizeOf } from '../../program/program.js';
import { StateUpdater } from '../updates/stateUpdater.js';
import { NoRoomForState } from '../updates/updateMemory.js';
import type { Feeds } from './runtime.js';

export interface Outside {
  readonly updater: StateUpdater;
  /** What it takes of a call, by place. */
  readonly handedOn: readonly Value[];
}

interface Split {
  /** What TensorFlow computes. */
  readonly graph: Graph;
  /** Absent: nothing is left. */
  readonly outside?: Outside;
}

/** The graph without its updates. It is whole where it has none, and where there is no room for the state outside. */
export function splitUpdates(whole: Graph): Split {
  const { graph, handedOn, updates } = splitStateUpdates(whole);
  if (updates.updates.length === 0) return { graph: whole };
  try {
    return { graph, outside: { updater: new StateUpdater(updates), handedOn } };
  } catch (error) {
    if (!(error instanceof NoRoomForState)) throw error;
    // Node reserves far more addresses for it than it takes: a limit of them, which ends nothing else, is no reason to end a run.
    return { graph: whole };
  }
}

/** What the SavedModel leaves out. */
export const leftOutOf = ({ updater, handedOn }: Outside): OutsideState => ({
  names: new Set(updater.state.keys()),
  handedOn,
});

/** What TensorFlow reads and writes outside, with its names in the SavedModel. */
export function keptTensors(state: NamedSpecs, { updater, handedOn }: Outside): Feeds {
  const states = [...updater.state].map(([name, data]): Feeds[number] => [
    tensorFlowNames.outside(name),
    { ...state[name], data } as HostTensor,
  ]);
  const memories = handedOn.flatMap((value, place): Feeds => {
    if (isNumber(value)) return [];
    const row: HostTensor = { shape: [1, sizeOf(value.shape)], dtype: 'float32', data: updater.handedOn(place) };
    return [[tensorFlowNames.memory(place), row]];
  });
  return [...states, ...memories];
}

/** The places of numbers among what is handed on: they are asked for. */
export const numbersHandedOn = ({ handedOn }: Outside): number[] =>
  [...handedOn.keys()].filter((place) => isNumber(handedOn[place] as Value));
