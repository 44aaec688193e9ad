/** Kernels of state updates as a WebAssembly module, four elements at a time (webassembly.github.io/spec, binary format and SIMD). */
import type { ElementwiseOp, UpdateKernel } from '../stateUpdates.js';

/** Elements that are computed at a time: tensors must have room for a multiple of it, and begin at one. */
export const LANES = 4;
const BYTES = 4;

/** The module imports a shared memory by these names. */
export const MEMORY_IMPORT = { module: 'state', name: 'memory' } as const;

/**
 * What the module exports of the kernel of that number: a function of where its record lies, and from which to which byte of its tensors
 * it goes, multiples of 4 * {@link LANES}. A record has the tensors' addresses, then the numbers, 4 bytes each.
 */
export const kernelName = (kernel: number): string => `kernel${kernel}`;

export type KernelFunction = (record: number, begin: number, end: number) => void;

const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION = 0x60;
const SECTIONS = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const;
const IMPORTED_MEMORY = 2;
const SHARED_WITH_MOST = 3;
const MOST_PAGES = 65536;
const SIMD = 0xfd;

/** Numbers of seven bits a byte, the lowest first. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value, 'latin1')];
const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const simd = (instruction: number): number[] => [SIMD, ...unsigned(instruction)];

const getLocal = (local: number): number[] => [0x20, ...unsigned(local)];
const setLocal = (local: number): number[] => [0x21, ...unsigned(local)];
const ALIGNED_BY_4 = 2;
const ALIGNED_BY_16 = 4;
const loadAddress = (offset: number): number[] => [0x28, ALIGNED_BY_4, ...unsigned(offset)];
const loadNumber = (offset: number): number[] => [...simd(0x09), ALIGNED_BY_4, ...unsigned(offset)];
const LOAD = [...simd(0x00), ALIGNED_BY_16, 0];
const STORE = [...simd(0x0b), ALIGNED_BY_16, 0];
const constant = (value: number): number[] => [
  ...simd(0x0c),
  ...new Uint8Array(new Float32Array(LANES).fill(value).buffer),
];
const ADD_ADDRESSES = 0x6a;
const STEP_BYTES = [0x41, LANES * BYTES];
const NOT_BELOW = 0x4f;
const BLOCK = [0x02, 0x40];
const LOOP = [0x03, 0x40];
const END = 0x0b;
const LEAVE_IF = [0x0d, 1];
const AGAIN = [0x0c, 0];

const INSTRUCTIONS: Readonly<Record<ElementwiseOp, readonly number[]>> = {
  Add: simd(0xe4),
  Sub: simd(0xe5),
  Multiply: simd(0xe6),
  RealDiv: simd(0xe7),
  Minimum: simd(0xe8),
  Sqrt: simd(0xe3),
};

const PARAMETERS = { record: 0, begin: 1, end: 2, count: 3 } as const;

/** The body of a kernel's function: a local for each tensor's address, then one for each operand. */
function code({ tensors, numbers, constants, steps, stores }: UpdateKernel): number[] {
  const address = (tensor: number): number => PARAMETERS.count + tensor;
  const operand = (place: number): number => PARAMETERS.count + tensors + place;
  const firstStep = tensors + numbers + constants.length;
  const isNumber = (place: number): boolean =>
    place >= firstStep ? (steps[place - firstStep]?.operands ?? []).every(isNumber) : place >= tensors;
  const here = (tensor: number): number[] => [
    ...getLocal(address(tensor)),
    ...getLocal(PARAMETERS.begin),
    ADD_ADDRESSES,
  ];

  const compute = steps.map(({ op, operands }, step) => ({
    isNumber: isNumber(firstStep + step),
    instructions: [
      ...operands.flatMap((place) => getLocal(operand(place))),
      ...INSTRUCTIONS[op],
      ...setLocal(operand(firstStep + step)),
    ],
  }));
  const read = new Set([...steps.flatMap(({ operands }) => operands), ...stores.map(({ operand }) => operand)]);
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  const before = [
    ...range(tensors).flatMap((tensor) => [
      ...getLocal(PARAMETERS.record),
      ...loadAddress(BYTES * tensor),
      ...setLocal(address(tensor)),
    ]),
    ...range(numbers).flatMap((number) => [
      ...getLocal(PARAMETERS.record),
      ...loadNumber(BYTES * (tensors + number)),
      ...setLocal(operand(tensors + number)),
    ]),
    ...constants.flatMap((value, i) => [...constant(value), ...setLocal(operand(tensors + numbers + i))]),
    ...compute.flatMap(({ isNumber, instructions }) => (isNumber ? instructions : [])),
  ];
  const each = [
    ...range(tensors).flatMap((tensor) =>
      read.has(tensor) ? [...here(tensor), ...LOAD, ...setLocal(operand(tensor))] : [],
    ),
    ...compute.flatMap(({ isNumber, instructions }) => (isNumber ? [] : instructions)),
    ...stores.flatMap(({ tensor, operand: place }) => [...here(tensor), ...getLocal(operand(place)), ...STORE]),
  ];
  const isAtEnd = [...getLocal(PARAMETERS.begin), ...getLocal(PARAMETERS.end), NOT_BELOW];
  const goOn = [...getLocal(PARAMETERS.begin), ...STEP_BYTES, ADD_ADDRESSES, ...setLocal(PARAMETERS.begin)];
  const loop = [...BLOCK, ...LOOP, ...isAtEnd, ...LEAVE_IF, ...each, ...goOn, ...AGAIN, END, END];
  const locals = list([
    [...unsigned(tensors), I32],
    [...unsigned(firstStep + steps.length), V128],
  ]);
  return sized([...locals, ...before, ...loop, END]);
}

/** The module's bytes. */
export function updateKernelModule(kernels: readonly UpdateKernel[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(list(items))];
  const memory = [IMPORTED_MEMORY, SHARED_WITH_MOST, ...unsigned(1), ...unsigned(MOST_PAGES)];
  return Uint8Array.from([
    ...Buffer.from('\0asm', 'latin1'),
    ...[1, 0, 0, 0],
    ...section(SECTIONS.types, [[FUNCTION, ...list([[I32], [I32], [I32]]), ...list([])]]),
    ...section(SECTIONS.imports, [[...text(MEMORY_IMPORT.module), ...text(MEMORY_IMPORT.name), ...memory]]),
    ...section(
      SECTIONS.functions,
      kernels.map(() => [0]),
    ),
    ...section(
      SECTIONS.exports,
      kernels.map((_, i) => [...text(kernelName(i)), 0, ...unsigned(i)]),
    ),
    ...section(SECTIONS.code, kernels.map(code)),
  ]);
}
