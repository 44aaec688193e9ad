/** What `onnx` makes of a program, and how it is kept in a file. */
import { type StateUpdates, stateUpdatesSchema } from '../compile/stateUpdates.js';

export interface CompiledProgram {
  /** An .onnx file. */
  readonly model: Uint8Array;
  readonly updates: StateUpdates;
}

const LENGTH_BYTES = 4;

/** The length of the updates as JSON, the updates, the model. */
export function packed({ model, updates }: CompiledProgram): Uint8Array {
  const text = Buffer.from(JSON.stringify(updates));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, model]);
}

/** @throws Error if `packed` has not made it */
export function unpacked(bytes: Uint8Array): CompiledProgram {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = LENGTH_BYTES + buffer.readUInt32LE();
  const updates = stateUpdatesSchema.parse(JSON.parse(buffer.toString('utf8', LENGTH_BYTES, end)));
  return { model: bytes.subarray(end), updates };
}
