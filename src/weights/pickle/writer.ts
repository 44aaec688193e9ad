/** Writes what PyTorch's checkpoints are made of as a pickle of protocol 2 (Python's Lib/pickle.py), the one that torch.save writes. */

/** A class or function of Python's by its module and name. */
export interface Global {
  readonly global: readonly [module: string, name: string];
}
/** What calling it with these arguments makes. */
export interface Made {
  readonly make: Global;
  readonly of: readonly Writable[];
}
/** What stands outside the pickle, such as a tensor's storage. */
interface Outside {
  readonly outside: readonly Writable[];
}
/** `ordered`: as Python's OrderedDict, else as a dict. */
interface Dictionary {
  readonly entries: readonly (readonly [string, Writable])[];
  readonly ordered: boolean;
}
/** An array is a tuple; numbers are whole. */
export type Writable = string | number | boolean | readonly Writable[] | Global | Made | Outside | Dictionary;

export const ORDERED_DICT: Global = { global: ['collections', 'OrderedDict'] };

/** Of pickletools.py. */
const OPCODES = {
  proto: 0x80,
  stop: '.',
  mark: '(',
  tuple: 't',
  emptyTuple: ')',
  emptyDict: '}',
  setItems: 'u',
  unicode: 'X',
  int32: 'J',
  long: 0x8a,
  newTrue: 0x88,
  newFalse: 0x89,
  global: 'c',
  reduce: 'R',
  persistent: 'Q',
} as const;
const PROTOCOL = 2;

export function pickled(value: Writable): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(OPCODES.proto, PROTOCOL)];
  write(value, (part) => parts.push(part));
  parts.push(opcode('stop'));
  return Buffer.concat(parts);
}

type Put = (bytes: Uint8Array) => void;

function opcode(name: keyof typeof OPCODES): Uint8Array {
  const code = OPCODES[name];
  return Uint8Array.of(typeof code === 'number' ? code : code.charCodeAt(0));
}

function write(value: Writable, put: Put): void {
  if (typeof value === 'string') writeText(value, put);
  else if (typeof value === 'number') writeInteger(value, put);
  else if (typeof value === 'boolean') put(opcode(value ? 'newTrue' : 'newFalse'));
  else if (isTuple(value)) writeTuple(value, put);
  else if ('global' in value) put(Buffer.concat([opcode('global'), Buffer.from(`${value.global.join('\n')}\n`)]));
  else if ('make' in value) {
    write(value.make, put);
    writeTuple(value.of, put);
    put(opcode('reduce'));
  } else if ('outside' in value) {
    writeTuple(value.outside, put);
    put(opcode('persistent'));
  } else writeDictionary(value, put);
}

const isTuple = (value: Writable): value is readonly Writable[] => Array.isArray(value);

function writeText(text: string, put: Put): void {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  put(Buffer.concat([opcode('unicode'), length, bytes]));
}

/** Where 32 bits are too few: eight bytes. */
function writeInteger(value: number, put: Put): void {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no whole number that a pickle can hold exactly.`);
  const isShort = value === (value | 0);
  const bytes = Buffer.alloc(isShort ? 4 : 8);
  if (isShort) bytes.writeInt32LE(value);
  else bytes.writeBigInt64LE(BigInt(value));
  put(Buffer.concat(isShort ? [opcode('int32'), bytes] : [opcode('long'), Uint8Array.of(bytes.length), bytes]));
}

function writeTuple(values: readonly Writable[], put: Put): void {
  if (values.length === 0) {
    put(opcode('emptyTuple'));
    return;
  }
  put(opcode('mark'));
  for (const value of values) write(value, put);
  put(opcode('tuple'));
}

function writeDictionary({ entries, ordered }: Dictionary, put: Put): void {
  if (ordered) write({ make: ORDERED_DICT, of: [] }, put);
  else put(opcode('emptyDict'));
  put(opcode('mark'));
  for (const [key, value] of entries) {
    write(key, put);
    write(value, put);
  }
  put(opcode('setItems'));
}
