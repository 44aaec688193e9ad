/**
 * Python's pickle format, protocols 0 to 5, read as data (Python's Lib/pickletools.py describes each instruction). A pickle
 * is a program for a small stack machine that may name any function to call. Here a call is only noted: see values.ts.
 * (npm's pickleparser cannot read torch's older files, whose magic number is an 80-bit integer, sets whatever attribute
 * names the file gives on its objects, and confuses a dictionary's keys "1" and 1.)
 */
import { PickleCursor } from './cursor.js';
import { PersistentObject, PickledGlobal, PickledObject } from './values.js';

/** Of an integer, in bytes or digits: reading one takes time that grows with the square of its length. A longer one stays unread. */
const MAX_DIGITS = 1024;
/** No checkpoint comes near, and a small file must not fill the memory. */
const MAX_BYTES = 2 ** 30;
const BYTES = { value: 16, list: 64, bytes: 256, object: 256, dictionary: 512 };
const MARK = Symbol('mark');

export interface PickleListener {
  /** Hears of each class and function that the pickle names, used or not; throws to refuse one. */
  global(global: PickledGlobal): void;
  /** Hears of each thing that lies outside the pickle. */
  persistent(object: PersistentObject): void;
}

/**
 * Reads one pickle. Time and memory are within a fixed multiple of its length.
 * @param start where it begins
 * @param maxBytes that its values may take in memory, by a rough count
 * @returns its value, and the place behind it
 * @throws PickleTruncatedError, what `listener` throws, or Error naming the place and what is wrong there
 */
export function unpickle(
  bytes: Uint8Array,
  listener: PickleListener,
  start = 0,
  maxBytes = MAX_BYTES,
): { value: unknown; next: number } {
  const machine = new Machine(new PickleCursor(bytes, start), listener, maxBytes);
  for (;;) {
    const opcode = machine.cursor.uint8();
    if (opcode === STOP) return { value: machine.pop(), next: machine.cursor.place };
    const instruction = INSTRUCTIONS.get(opcode);
    if (!instruction) throw machine.cursor.damage(`the instruction 0x${opcode.toString(16)} is not supported`);
    instruction(machine);
  }
}

class Machine {
  readonly memo = new Map<number, unknown>();
  readonly #stack: unknown[] = [];
  #bytes = 0;

  constructor(
    readonly cursor: PickleCursor,
    private readonly listener: PickleListener,
    private readonly maxBytes: number,
  ) {}

  push(value: unknown, bytes = BYTES.value): void {
    this.#bytes += bytes;
    if (this.#bytes > this.maxBytes) throw this.cursor.damage('it holds more values than a checkpoint ever does');
    this.#stack.push(value);
  }

  pushText(text: string): void {
    this.push(text, BYTES.value + 2 * text.length);
  }

  pushList(items: unknown[]): void {
    this.push(items, BYTES.list + 8 * items.length);
  }

  pushDictionary(items: readonly unknown[] = []): void {
    this.push(new Map(), BYTES.dictionary);
    this.setItems(items);
  }

  top(): unknown {
    const value = this.#stack.at(-1);
    if (this.#stack.length === 0 || value === MARK) throw this.cursor.damage('a value is missing');
    return value;
  }

  pop(): unknown {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  mark(): void {
    this.push(MARK);
  }

  popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.cursor.damage('a mark is missing');
    return this.#stack.splice(mark).slice(1);
  }

  popMarkOrValue(): void {
    if (this.#stack.at(-1) === MARK) this.#stack.pop();
    else this.pop();
  }

  /** The last `count` values, in the order in which they were pushed. */
  popSome(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (list instanceof PickledObject) list.items ??= [];
    const target = list instanceof PickledObject ? list.items : list;
    if (!Array.isArray(target)) throw this.cursor.damage('what is appended to is not a list');
    for (const item of items) target.push(item);
  }

  setItems(items: readonly unknown[]): void {
    const dictionary = this.top();
    if (dictionary instanceof PickledObject) dictionary.entries ??= new Map();
    const target = dictionary instanceof PickledObject ? dictionary.entries : dictionary;
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.cursor.damage('items are set on what is not a dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  remember(key: number): void {
    this.memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.memo.has(key)) throw this.cursor.damage(`value ${key} is used before it is made`);
    this.push(this.memo.get(key));
  }

  name(module: unknown, attribute: unknown): PickledGlobal {
    if (typeof module !== 'string' || typeof attribute !== 'string') throw this.cursor.damage('a global has no name');
    const global = new PickledGlobal(module, attribute);
    this.listener.global(global);
    return global;
  }

  call(callee: unknown, args: unknown): void {
    if (!(callee instanceof PickledGlobal)) throw this.cursor.damage('what is called is not a global');
    if (!Array.isArray(args)) throw this.cursor.damage(`the arguments of ${callee.name} are not a tuple`);
    this.push(new PickledObject(callee, args), BYTES.object);
  }

  /** A class or function by a number that only programs know which have registered it: what it would load cannot be told. */
  extension(code: number): never {
    throw new Error(
      `it names entry ${code} of the extension registry of Python (copyreg) in the place of a class or function: what loading it in Python would run cannot be told, so it is refused`,
    );
  }

  build(state: unknown): void {
    const value = this.top();
    if (!(value instanceof PickledObject)) throw this.cursor.damage('a state is given to what was not made by a call');
    value.state = state;
  }

  persistent(id: unknown): void {
    const object = new PersistentObject(id);
    this.listener.persistent(object);
    this.push(object, BYTES.list);
  }

  integer(digits: string): number | bigint | undefined {
    if (!/^[+-]?\d+L?$/.test(digits)) throw this.cursor.damage(`${JSON.stringify(digits.slice(0, 40))} is no integer`);
    return digits.length > MAX_DIGITS ? undefined : shortest(BigInt(digits.replace('L', '')));
  }

  /** A little-endian integer of any length. */
  twosComplement(length: number): number | bigint | undefined {
    const bytes = this.cursor.raw(length);
    if (length > MAX_DIGITS) return undefined;
    let value = 0n;
    for (const byte of [...bytes].reverse()) value = value * 256n + BigInt(byte);
    return shortest(BigInt.asIntN(8 * length, value));
  }
}

const shortest = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

type Instruction = (machine: Machine) => void;

const STOP = '.'.charCodeAt(0);

/** By opcode, in the groups and by the names of pickletools. */
const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map(
  Object.entries<Instruction>({
    '\x80': ({ cursor }) => {
      // PROTO
      if (cursor.uint8() > 5) throw cursor.damage('its protocol is newer than 5');
    },
    '\x95': ({ cursor }) => void cursor.skip(8), // FRAME
    '(': (m) => m.mark(), // MARK
    '0': (m) => m.popMarkOrValue(), // POP
    '1': (m) => void m.popToMark(), // POP_MARK
    '2': (m) => m.push(m.top()), // DUP

    N: (m) => m.push(null), // NONE
    '\x88': (m) => m.push(true), // NEWTRUE
    '\x89': (m) => m.push(false), // NEWFALSE
    I: (m) => {
      // INT: how protocol 0 writes truth values too
      const digits = m.cursor.line();
      m.push(digits === '01' ? true : digits === '00' ? false : m.integer(digits));
    },
    L: (m) => m.push(m.integer(m.cursor.line())), // LONG
    F: (m) => m.push(Number(m.cursor.line())), // FLOAT
    J: (m) => m.push(m.cursor.int32()), // BININT
    K: (m) => m.push(m.cursor.uint8()), // BININT1
    M: (m) => m.push(m.cursor.uint16()), // BININT2
    '\x8a': (m) => m.push(m.twosComplement(m.cursor.uint8())), // LONG1
    '\x8b': (m) => m.push(m.twosComplement(m.cursor.uint32())), // LONG4
    G: (m) => m.push(m.cursor.float64()), // BINFLOAT

    S: (m) => {
      // STRING
      const quoted = /^(['"])(.*)\1$/.exec(m.cursor.line())?.[2];
      if (quoted === undefined) throw m.cursor.damage('a string has no quotes');
      m.pushText(quoted);
    },
    V: (m) => {
      // UNICODE
      const escapes = /\\u([\da-f]{4})/gi;
      m.pushText(m.cursor.line().replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
    },
    T: (m) => m.pushText(m.cursor.latin1(m.cursor.uint32())), // BINSTRING: Python 2's
    U: (m) => m.pushText(m.cursor.latin1(m.cursor.uint8())), // SHORT_BINSTRING
    X: (m) => m.pushText(m.cursor.utf8(m.cursor.uint32())), // BINUNICODE
    '\x8c': (m) => m.pushText(m.cursor.utf8(m.cursor.uint8())), // SHORT_BINUNICODE
    '\x8d': (m) => m.pushText(m.cursor.utf8(m.cursor.uint64())), // BINUNICODE8
    B: (m) => m.push(m.cursor.raw(m.cursor.uint32()), BYTES.bytes), // BINBYTES
    C: (m) => m.push(m.cursor.raw(m.cursor.uint8()), BYTES.bytes), // SHORT_BINBYTES
    '\x8e': (m) => m.push(m.cursor.raw(m.cursor.uint64()), BYTES.bytes), // BINBYTES8
    '\x96': (m) => m.push(m.cursor.raw(m.cursor.uint64()), BYTES.bytes), // BYTEARRAY8

    ']': (m) => m.pushList([]), // EMPTY_LIST
    ')': (m) => m.pushList([]), // EMPTY_TUPLE
    '\x8f': (m) => m.pushList([]), // EMPTY_SET
    l: (m) => m.pushList(m.popToMark()), // LIST
    t: (m) => m.pushList(m.popToMark()), // TUPLE
    '\x91': (m) => m.pushList(m.popToMark()), // FROZENSET
    '\x85': (m) => m.pushList(m.popSome(1)), // TUPLE1
    '\x86': (m) => m.pushList(m.popSome(2)), // TUPLE2
    '\x87': (m) => m.pushList(m.popSome(3)), // TUPLE3
    a: (m) => m.append(m.popSome(1)), // APPEND
    e: (m) => m.append(m.popToMark()), // APPENDS
    '\x90': (m) => m.append(m.popToMark()), // ADDITEMS
    '}': (m) => m.pushDictionary(), // EMPTY_DICT
    d: (m) => m.pushDictionary(m.popToMark()), // DICT
    s: (m) => m.setItems(m.popSome(2)), // SETITEM
    u: (m) => m.setItems(m.popToMark()), // SETITEMS

    p: (m) => m.remember(Number(m.cursor.line())), // PUT
    q: (m) => m.remember(m.cursor.uint8()), // BINPUT
    r: (m) => m.remember(m.cursor.uint32()), // LONG_BINPUT
    '\x94': (m) => m.remember(m.memo.size), // MEMOIZE
    g: (m) => m.recall(Number(m.cursor.line())), // GET
    h: (m) => m.recall(m.cursor.uint8()), // BINGET
    j: (m) => m.recall(m.cursor.uint32()), // LONG_BINGET

    c: (m) => {
      // GLOBAL
      const module = m.cursor.line();
      m.push(m.name(module, m.cursor.line()), BYTES.object);
    },
    '\x93': (m) => {
      // STACK_GLOBAL
      const [module, attribute] = m.popSome(2);
      m.push(m.name(module, attribute), BYTES.object);
    },
    '\x82': (m) => m.extension(m.cursor.uint8()), // EXT1
    '\x83': (m) => m.extension(m.cursor.uint16()), // EXT2
    '\x84': (m) => m.extension(m.cursor.int32()), // EXT4
    R: (m) => {
      // REDUCE: a call of a function
      const [callee, args] = m.popSome(2);
      m.call(callee, args);
    },
    '\x81': (m) => {
      // NEWOBJ: of a class's __new__
      const [callee, args] = m.popSome(2);
      m.call(callee, args);
    },
    '\x92': (m) => {
      // NEWOBJ_EX: of the same, with arguments by name
      const [callee, args] = m.popSome(3);
      m.call(callee, args);
    },
    i: (m) => {
      // INST: protocol 0's objects
      const module = m.cursor.line();
      const callee = m.name(module, m.cursor.line());
      m.call(callee, m.popToMark());
    },
    o: (m) => {
      // OBJ: protocol 1's objects
      const [callee, ...args] = m.popToMark();
      m.call(callee, args);
    },
    b: (m) => m.build(m.pop()), // BUILD
    P: (m) => m.persistent(m.cursor.line()), // PERSID
    Q: (m) => m.persistent(m.pop()), // BINPERSID
  }).map(([character, instruction]) => [character.charCodeAt(0), instruction]),
);
