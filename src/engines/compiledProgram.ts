/** What `onnx` makes of a program, and how it is kept in a file. */
import { z } from 'zod';
import { type StateUpdates, stateUpdatesSchema } from '../compile/stateUpdates.js';
import type { TensorSpec } from '../program/program.js';

/** Parts of the images of a call, which are computed before all else. */
export interface CompiledParts {
  /** Models of one part: of the first of a chain, and of one that comes after another; absent where none does. */
  readonly first: Uint8Array;
  readonly after?: Uint8Array | undefined;
  /** How many parts a call has, and in how many chains. */
  readonly parts: number;
  readonly chains: number;
  /** A part's share of the inputs that hold something for each image, and in how many groups they lie: see `Sharing.groups`. */
  readonly images: Readonly<Record<string, TensorSpec & { readonly groups: number }>>;
}

export interface CompiledProgram {
  /** An .onnx file: of the whole program, or of what is left of it beside its parts. */
  readonly model: Uint8Array;
  readonly parts?: CompiledParts | undefined;
  /** Another, of what the model takes beside the state and the inputs: it is computed of the state alone. */
  readonly preparation?: Uint8Array | undefined;
  readonly updates: StateUpdates;
}

const count = z.int().nonnegative();
const imagesSchema = z.object({ shape: z.array(count), dtype: z.enum(['float32', 'int32']), groups: count });
const headerSchema = z.object({
  updates: stateUpdatesSchema,
  /** Of the preparation, of the first part's model and the next one's; 0: there is none. */
  bytes: z.tuple([count, count, count]),
  parts: z.object({ parts: count, chains: count, images: z.record(z.string(), imagesSchema) }).optional(),
});

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);

/** The length of the header as JSON, the header, the preparation, the models of parts, the model. */
export function packed({ model, parts, preparation = NOTHING, updates }: CompiledProgram): Uint8Array {
  const { first = NOTHING, after = NOTHING, ...divided } = parts ?? {};
  const before = [preparation, first, after];
  const bytes = before.map(({ length }) => length);
  const text = Buffer.from(JSON.stringify({ updates, bytes, ...(parts && { parts: divided }) }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, ...before, model]);
}

/** @throws Error if `packed` has not made it */
export function unpacked(bytes: Uint8Array): CompiledProgram {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = LENGTH_BYTES + buffer.readUInt32LE();
  const header = headerSchema.parse(JSON.parse(buffer.toString('utf8', LENGTH_BYTES, end)));
  const next = (length: number): Uint8Array | undefined => {
    end += length;
    return length > 0 ? bytes.subarray(end - length, end) : undefined;
  };
  const [ofPreparation, ofFirst, ofAfter] = header.bytes;
  const [preparation, first, after] = [next(ofPreparation), next(ofFirst), next(ofAfter)];
  return {
    model: bytes.subarray(end),
    ...(header.parts && { parts: { ...header.parts, first: present(first), after } }),
    preparation,
    updates: header.updates,
  };
}

function present(model: Uint8Array | undefined): Uint8Array {
  if (model === undefined) throw new Error('The model of a part is missing.');
  return model;
}
