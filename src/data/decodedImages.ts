/**
 * Decoded images that the threads of a pool keep in common, so that a small data set is decoded once. What is kept never exceeds the budget,
 * and nothing is ever thrown out: epochs visit every image once, so what came first is as likely to be needed again as what came last.
 */
import type { Image } from './image.js';

/** The memory of the store: cheap to send to a thread, and the same memory there. */
export interface DecodedMemory {
  readonly pixels: SharedArrayBuffer;
  /** Of each image: its slot + 1 in `pixels` (or a state below), width, height; and behind all of them, the slots in use. */
  readonly places: SharedArrayBuffer;
  readonly channels: number;
}

const ABSENT = 0;
const BEING_WRITTEN = -1;
const FIELDS = 3;
/** Addresses in slots fit 32 bits, which can be changed atomically, up to 128 GiB. */
const SLOT_BYTES = 64;

/**
 * @param count images in the data set
 * @param bytes the budget; 0 keeps nothing
 * @throws Error when the system does not give so much memory
 */
export function reserveDecoded(count: number, channels: number, bytes: number): DecodedMemory {
  try {
    // The system gives the pages when they are first written.
    const pixels = new SharedArrayBuffer(Math.floor(bytes / SLOT_BYTES) * SLOT_BYTES);
    const places = new SharedArrayBuffer((count * FIELDS + 1) * Int32Array.BYTES_PER_ELEMENT);
    return { pixels, places, channels };
  } catch {
    throw new Error(
      `cache_mb is ${Math.floor(bytes / 2 ** 20)}, but there is not so much memory; set it lower, or to 0.`,
    );
  }
}

export class DecodedImages {
  readonly #memory: DecodedMemory;
  readonly #places: Int32Array;
  readonly #used: number;

  constructor(memory: DecodedMemory) {
    this.#memory = memory;
    this.#places = new Int32Array(memory.places);
    this.#used = this.#places.length - 1;
  }

  /** Bytes that are taken. */
  get bytes(): number {
    return Atomics.load(this.#places, this.#used) * SLOT_BYTES;
  }

  get(index: number): Image | undefined {
    const place = index * FIELDS;
    const slot = Atomics.load(this.#places, place) - 1;
    if (slot < 0) return undefined;
    const { pixels, channels } = this.#memory;
    const [width = 0, height = 0] = this.#places.subarray(place + 1, place + FIELDS);
    return { width, height, channels, data: new Uint8Array(pixels, slot * SLOT_BYTES, width * height * channels) };
  }

  /** Keeps a copy of the image, if there is room and no thread has kept it before. */
  add(index: number, { width, height, data }: Image): void {
    const place = index * FIELDS;
    if (Atomics.compareExchange(this.#places, place, ABSENT, BEING_WRITTEN) !== ABSENT) return;
    const slot = this.#take(Math.ceil(data.length / SLOT_BYTES));
    if (slot === undefined) {
      Atomics.store(this.#places, place, ABSENT);
      return;
    }
    new Uint8Array(this.#memory.pixels).set(data, slot * SLOT_BYTES);
    this.#places[place + 1] = width;
    this.#places[place + 2] = height;
    // Last: from here on other threads read it.
    Atomics.store(this.#places, place, slot + 1);
  }

  #take(slots: number): number | undefined {
    const first = Atomics.add(this.#places, this.#used, slots);
    if ((first + slots) * SLOT_BYTES <= this.#memory.pixels.byteLength) return first;
    Atomics.sub(this.#places, this.#used, slots);
    return undefined;
  }
}
