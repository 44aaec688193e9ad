/** What `onnx` makes of a program, and how it is kept in a file. */
import { z } from 'zod';
import { type StateUpdates, stateUpdatesSchema } from '../compile/stateUpdates.js';

export interface CompiledProgram {
  /** An .onnx file. */
  readonly model: Uint8Array;
  /** Another, of what the model takes beside the state and the inputs: it is computed of the state alone. */
  readonly preparation?: Uint8Array | undefined;
  readonly updates: StateUpdates;
}

const headerSchema = z.object({ updates: stateUpdatesSchema, preparationBytes: z.int().nonnegative() });

const LENGTH_BYTES = 4;

/** The length of the header as JSON, the header, the preparation, the model. */
export function packed({ model, preparation = new Uint8Array(0), updates }: CompiledProgram): Uint8Array {
  const text = Buffer.from(JSON.stringify({ updates, preparationBytes: preparation.length }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, preparation, model]);
}

/** @throws Error if `packed` has not made it */
export function unpacked(bytes: Uint8Array): CompiledProgram {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = LENGTH_BYTES + buffer.readUInt32LE();
  const { updates, preparationBytes } = headerSchema.parse(JSON.parse(buffer.toString('utf8', LENGTH_BYTES, end)));
  const begin = end + preparationBytes;
  return {
    model: bytes.subarray(begin),
    preparation: preparationBytes > 0 ? bytes.subarray(end, begin) : undefined,
    updates,
  };
}
