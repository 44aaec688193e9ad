/** Tensors as other programs expect them in files. */
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import { isCount } from './dialects/resnetDialect.js';
import type { ElementType } from './elements.js';

export interface OutgoingTensor {
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export type NamedOutgoing = Readonly<Record<string, OutgoingTensor>>;

/** Counts of batches, which the step's state has as floats, are whole numbers of 64 bits to PyTorch. */
export const outgoing = (tensors: NamedHostTensors): NamedOutgoing =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, outgoingOf(name, tensor)]));

function outgoingOf(name: string, { shape, dtype, data }: HostTensor): OutgoingTensor {
  if (isCount(name)) return { element: 'I64', shape, bytes: bytesOf(BigInt64Array.from(data, BigInt)) };
  return { element: dtype === 'float32' ? 'F32' : 'I32', shape, bytes: bytesOf(data) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
