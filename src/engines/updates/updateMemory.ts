/** Where the tensors of state updates lie: in memories of WebAssembly, which its threads share, and which the runtime writes to. */

import type { StateUpdate, StateUpdates } from '../../compile/stateUpdates.js';
import { LANES } from '../../compile/wasm/updateKernels.js';

const BYTES = 4;
const PAGE_BYTES = 65536;
/** A cache line. */
const ALIGNMENT = 64;
const LARGEST_BYTES = 2 ** 32 - 2 ** 20;

/** An update with its place in memory. */
export interface PlacedUpdate {
  readonly update: StateUpdate;
  readonly memory: number;
  /** Of its record, see `kernelName`; its numbers are these. */
  readonly record: number;
  readonly numbers: Float32Array;
  /** Of each tensor, with the room after it. */
  readonly bytes: number;
}

export interface UpdateMemory {
  readonly memories: readonly WebAssembly.SharedMemory[];
  readonly placed: readonly PlacedUpdate[];
  /** Tensors of the state that the updates read or write, by their names. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Tensors that the graph hands on, by their places. */
  readonly handedOn: ReadonlyMap<number, Float32Array>;
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const bytesOfTensor = ({ size }: StateUpdate): number => aligned(Math.ceil(size / LANES) * LANES * BYTES);
const bytesOfRecord = ({ tensors, numbers }: StateUpdate): number => aligned((tensors.length + numbers.length) * BYTES);

/** Zeros everywhere. The system gives memory when it is first written to. */
export function updateMemoryFor({ updates }: StateUpdates): UpdateMemory {
  const [places, sizes] = placesOf(updates);
  const memories = sizes.map((bytes) => {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    return memoryOf(pages);
  });
  const state = new Map<string, Float32Array>();
  const handedOn = new Map<number, Float32Array>();
  const placed = updates.map((update, i): PlacedUpdate => {
    const { memory, place: record } = places[i] as Place;
    const { buffer } = memories[memory] as WebAssembly.SharedMemory;
    const bytes = bytesOfTensor(update);
    const addresses = new Uint32Array(buffer, record, update.tensors.length);
    update.tensors.forEach((tensor, t) => {
      const address = record + bytesOfRecord(update) + t * bytes;
      addresses[t] = address;
      const values = new Float32Array(buffer, address, update.size);
      if ('state' in tensor && state.has(tensor.state)) throw new Error(`Two updates take the state ${tensor.state}.`);
      if ('state' in tensor) state.set(tensor.state, values);
      else handedOn.set(tensor.handedOn, values);
    });
    const numbers = new Float32Array(buffer, record + BYTES * addresses.length, update.numbers.length);
    return { update, memory, record, numbers, bytes };
  });
  return { memories, placed, state, handedOn };
}

/** The process may not reserve as much memory as the state takes. */
export class NoRoomForState extends Error {}

/** @throws NoRoomForState with what to do */
function memoryOf(pages: number): WebAssembly.SharedMemory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw new NoRoomForState(
      `There is no room for a state of ${Math.ceil((pages * PAGE_BYTES) / 2 ** 20)} MiB: Node reserves some 10 GiB of addresses for it, whatever its size. Raise the limit of virtual memory (ulimit -v, or that of a batch queue), or use the engine tensorflow.`,
      { cause: error },
    );
  }
}

interface Place {
  readonly memory: number;
  readonly place: number;
}

/** Where each update's record and tensors begin, and how large each memory is. A new one begins when one would be too large. */
function placesOf(updates: readonly StateUpdate[]): readonly [Place[], number[]] {
  const sizes: number[] = [];
  let used = LARGEST_BYTES;
  const places = updates.map((update): Place => {
    const bytes = bytesOfRecord(update) + update.tensors.length * bytesOfTensor(update);
    if (used + bytes > LARGEST_BYTES) {
      sizes.push(0);
      used = 0;
    }
    const place = { memory: sizes.length - 1, place: used };
    used += bytes;
    sizes[place.memory] = used;
    return place;
  });
  return [places, sizes];
}
