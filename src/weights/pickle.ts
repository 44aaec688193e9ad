/**
 * Python's pickle format, protocols 0 to 5, read as data. A pickle is a program for a small stack machine that may name
 * any function to call; here a name means only what the caller's `global` makes of it, and nothing of the file's own is
 * ever called or set. (npm's pickleparser cannot read torch's older files, whose magic number is an 80-bit integer, sets
 * whatever attribute names the file gives on its objects, and confuses a dictionary's keys "1" and 1.)
 *
 * Lists and tuples become arrays, dictionaries become maps, bytes become Uint8Array, integers beyond 2^53 bigint.
 */

/** What a class or function named by a pickle is to the reader. */
export interface PickleGlobal {
  readonly name: string;
  /** Makes the value of a call with these arguments. Absent: it may be named, but not called. */
  readonly make?: (args: readonly unknown[]) => unknown;
  /** Takes in the state that the pickle gives to a value that was made (`__setstate__`). Absent: the state is left aside. */
  readonly setState?: (value: unknown, state: unknown) => void;
}

export interface PickleContext {
  /** What a global stands for; it throws to refuse it. Called for every name in the file, used or not. */
  global(module: string, name: string): PickleGlobal;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** The bytes end before the pickle does. */
export class PickleTruncatedError extends Error {
  override readonly name = 'PickleTruncatedError';
}

/** Of an integer, decimal or bytes: reading one takes time that grows with the square of its length. */
const MAX_DIGITS = 1024;
const MARK = Symbol('mark');
const LATIN1 = new TextDecoder('latin1');
const UTF8 = new TextDecoder('utf-8');

/**
 * Reads one pickle.
 * @param start where it begins
 * @returns its value, and the place behind it
 * @throws PickleTruncatedError, what `context.global` throws, or Error naming the place and what is wrong there
 */
export function unpickle(bytes: Uint8Array, context: PickleContext, start = 0): { value: unknown; next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  const globals = new WeakSet<object>();
  const makers = new WeakMap<object, PickleGlobal>();
  let place = start;

  const wrong = (what: string) => new Error(`the pickle is damaged at byte ${place}: ${what}`);
  const take = (length: number): number => {
    const at = place;
    if (length > bytes.length - at) throw new PickleTruncatedError('the pickle is cut off');
    place += length;
    return at;
  };
  const byte = () => view.getUint8(take(1));
  const uint32 = () => view.getUint32(take(4), true);
  const uint64 = () => Number(view.getBigUint64(take(8), true));
  const slice = (length: number): Uint8Array => bytes.slice(take(length), place);
  const text = (length: number) => UTF8.decode(slice(length));
  const line = () => {
    const end = bytes.indexOf(0x0a, place);
    if (end < 0) throw new PickleTruncatedError('the pickle is cut off');
    return text(end + 1 - place).slice(0, -1);
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === MARK) throw wrong('a value is missing');
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === MARK) throw wrong('a value is missing');
    return stack.at(-1);
  };
  const popToMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw wrong('a mark is missing');
    const items = stack.splice(mark);
    return items.slice(1);
  };
  const recall = (key: number): unknown => {
    if (!memo.has(key)) throw wrong(`value ${key} is used before it is made`);
    return memo.get(key);
  };
  const named = (module: unknown, name: unknown): PickleGlobal => {
    if (typeof module !== 'string' || typeof name !== 'string') throw wrong('a global has no name');
    const global = context.global(module, name);
    globals.add(global);
    return global;
  };
  const isGlobal = (value: unknown): value is PickleGlobal =>
    typeof value === 'object' && value !== null && globals.has(value);
  const make = (callee: unknown, args: unknown): unknown => {
    if (!isGlobal(callee)) throw wrong('what is called is not a global');
    if (!callee.make) throw wrong(`${callee.name} cannot be called`);
    if (!Array.isArray(args)) throw wrong(`the arguments of ${callee.name} are not a tuple`);
    const value = callee.make(args);
    if (typeof value === 'object' && value !== null) makers.set(value, callee);
    return value;
  };
  const append = (list: unknown, items: readonly unknown[]) => {
    if (!Array.isArray(list)) throw wrong('what is appended to is not a list');
    for (const item of items) list.push(item);
  };
  const setItems = (dict: unknown, items: readonly unknown[]) => {
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw wrong('items are set on what is not a dictionary');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const number = (digits: string): number | bigint => {
    if (digits.length > MAX_DIGITS || !/^[+-]?\d+L?$/.test(digits))
      throw wrong(`${JSON.stringify(digits.slice(0, 40))} is not an integer`);
    return shortest(BigInt(digits.replace('L', '')));
  };

  for (;;) {
    const opcode = byte();
    switch (String.fromCharCode(opcode)) {
      case '\x80': // PROTO
        if (byte() > 5) throw wrong('its protocol is newer than 5');
        break;
      case '\x95': // FRAME
        take(8);
        break;
      case '.': // STOP
        return { value: pop(), next: place };
      case '(':
        stack.push(MARK);
        break;
      case '0': // POP
        if (stack.at(-1) === MARK) stack.pop();
        else pop();
        break;
      case '1': // POP_MARK
        popToMark();
        break;
      case '2': // DUP
        stack.push(top());
        break;

      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'I': {
        const digits = line();
        stack.push(digits === '01' ? true : digits === '00' ? false : number(digits));
        break;
      }
      case 'L':
        stack.push(number(line()));
        break;
      case 'F':
        stack.push(Number(line()));
        break;
      case 'J':
        stack.push(view.getInt32(take(4), true));
        break;
      case 'K':
        stack.push(byte());
        break;
      case 'M':
        stack.push(view.getUint16(take(2), true));
        break;
      case '\x8a': // LONG1
        stack.push(twosComplement(slice(byte())));
        break;
      case '\x8b': {
        // LONG4
        const length = uint32();
        if (length > MAX_DIGITS) throw wrong(`an integer has ${length} bytes`);
        stack.push(twosComplement(slice(length)));
        break;
      }
      case 'G':
        stack.push(view.getFloat64(take(8), false));
        break;

      case 'S': {
        const quoted = /^(['"])(.*)\1$/.exec(line());
        if (!quoted) throw wrong('a string has no quotes');
        stack.push(quoted[2]);
        break;
      }
      case 'V':
        stack.push(
          line().replace(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        );
        break;
      case 'T': // BINSTRING of Python 2
        stack.push(LATIN1.decode(slice(uint32())));
        break;
      case 'U':
        stack.push(LATIN1.decode(slice(byte())));
        break;
      case 'X':
        stack.push(text(uint32()));
        break;
      case '\x8c':
        stack.push(text(byte()));
        break;
      case '\x8d':
        stack.push(text(uint64()));
        break;
      case 'B':
        stack.push(slice(uint32()));
        break;
      case 'C':
        stack.push(slice(byte()));
        break;
      case '\x8e':
      case '\x96': // BYTEARRAY8
        stack.push(slice(uint64()));
        break;

      case ']':
      case ')':
        stack.push([]);
        break;
      case '}':
        stack.push(new Map());
        break;
      case '\x8f': // EMPTY_SET, read as a list
        stack.push([]);
        break;
      case 'l':
      case 't':
      case '\x91': // FROZENSET
        stack.push(popToMark());
        break;
      case '\x85':
        stack.push([pop()]);
        break;
      case '\x86': {
        const second = pop();
        stack.push([pop(), second]);
        break;
      }
      case '\x87': {
        const third = pop();
        const second = pop();
        stack.push([pop(), second, third]);
        break;
      }
      case 'd': {
        const items = popToMark();
        const dict = new Map();
        setItems(dict, items);
        stack.push(dict);
        break;
      }
      case 'a': {
        const item = pop();
        append(top(), [item]);
        break;
      }
      case 'e':
      case '\x90': {
        const items = popToMark();
        append(top(), items);
        break;
      }
      case 's': {
        const value = pop();
        const key = pop();
        setItems(top(), [key, value]);
        break;
      }
      case 'u': {
        const items = popToMark();
        setItems(top(), items);
        break;
      }

      case 'p':
        memo.set(Number(line()), top());
        break;
      case 'q':
        memo.set(byte(), top());
        break;
      case 'r':
        memo.set(uint32(), top());
        break;
      case '\x94':
        memo.set(memo.size, top());
        break;
      case 'g':
        stack.push(recall(Number(line())));
        break;
      case 'h':
        stack.push(recall(byte()));
        break;
      case 'j':
        stack.push(recall(uint32()));
        break;

      case 'c': {
        const module = line();
        stack.push(named(module, line()));
        break;
      }
      case '\x93': {
        const name = pop();
        stack.push(named(pop(), name));
        break;
      }
      case 'R':
      case '\x81': {
        // A call of a function, or of a class's __new__: both are up to the global.
        const args = pop();
        stack.push(make(pop(), args));
        break;
      }
      case '\x92': {
        const named = pop();
        const args = pop();
        if (!(named instanceof Map) || named.size > 0) throw wrong('a call has arguments by name');
        stack.push(make(pop(), args));
        break;
      }
      case 'i': {
        const module = line();
        const callee = named(module, line());
        stack.push(make(callee, popToMark()));
        break;
      }
      case 'o': {
        const [callee, ...args] = popToMark();
        stack.push(make(callee, args));
        break;
      }
      case 'b': {
        const state = pop();
        const value = top();
        const maker = typeof value === 'object' && value !== null ? makers.get(value) : undefined;
        if (!maker) throw wrong('a state is given to what was not made by a global');
        maker.setState?.(value, state);
        break;
      }
      case 'P':
        stack.push(context.persistent(line()));
        break;
      case 'Q':
        stack.push(context.persistent(pop()));
        break;

      default:
        throw wrong(`the instruction 0x${opcode.toString(16)} is not supported`);
    }
  }
}

/** A little-endian integer of any length. */
function twosComplement(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = value * 256n + BigInt(byte);
  return shortest(BigInt.asIntN(8 * bytes.length, value));
}

const shortest = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
