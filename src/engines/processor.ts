/** Which processor this machine has, with the vector instructions that decide how fast matrices are multiplied. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

export interface Processor {
  /** As its maker names it, e.g. `AMD EPYC`, which may leave the generation open. */
  readonly model: string;
  /** What tells the generation, e.g. `family 23, model 49, stepping 0`; absent where the system does not say. */
  readonly generation?: string;
  /** Vector extensions, e.g. `AVX2`, the widest last; absent where the system does not say. */
  readonly vectors?: readonly string[];
  /** That this process may use. */
  readonly cores: number;
}

/** Where it is looked up; tests have others. */
export interface ProcessorSurroundings {
  readonly platform: NodeJS.Platform;
  readonly model: string;
  readonly cores: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file's or a program's text. @throws where there is none */
  readonly file: (path: string) => string;
  readonly output: (program: string, args: readonly string[]) => string;
}

/** By the flag of /proc/cpuinfo, which macOS spells much alike. */
const VECTORS: readonly (readonly [flag: RegExp, name: string])[] = [
  [/^avx2([._]0)?$/, 'AVX2'],
  [/^avx512f$/, 'AVX-512'],
  [/^avx512_?vnni$/, 'AVX512-VNNI'],
  [/^avx512_?bf16$/, 'AVX512-BF16'],
  [/^amx_?tile$/, 'AMX'],
  [/^amx_?bf16$/, 'AMX-BF16'],
  [/^(asimd|neon|advsimd)$/, 'NEON'],
  [/^(bf16|feat_bf16)$/, 'BF16'],
  [/^(i8mm|feat_i8mm)$/, 'I8MM'],
  [/^sve$/, 'SVE'],
  [/^sve2$/, 'SVE2'],
  [/^(sme|feat_sme)$/, 'SME'],
];

/** Looks it up, once for all: it does not change. */
export function thisProcessor(): Processor {
  known ??= lookUpProcessor();
  return known;
}
let known: Processor | undefined;

/** Whether it multiplies matrices in bfloat16 by instructions of its own; undefined where the system does not say. */
export const hasBfloat16 = ({ vectors }: Pick<Processor, 'vectors'>): boolean | undefined =>
  vectors?.some((name) => ['AVX512-BF16', 'AMX-BF16', 'BF16'].includes(name));

/** Whether it multiplies whole tiles of bfloat16 matrices at once, as oneDNN rounds float32 factors for. */
export const hasBfloat16Tiles = ({ vectors = [] }: Pick<Processor, 'vectors'>): boolean => vectors.includes('AMX-BF16');

/** e.g. `AMD EPYC (family 23, model 49, stepping 0; AVX2), 2 cores`. */
export function describeProcessor({ model, generation, vectors, cores }: Processor): string {
  const extensions = vectors === undefined ? 'vector extensions unknown' : vectors.join(', ') || 'no vector extensions';
  const details = [...(generation === undefined ? [] : [generation]), extensions].join('; ');
  return `${model} (${details}), ${cores} ${cores === 1 ? 'core' : 'cores'}`;
}

export function lookUpProcessor(surroundings: ProcessorSurroundings = here()): Processor {
  const { platform, model, cores, env } = surroundings;
  const named = { model: model.trim() || 'unknown processor', cores };
  try {
    if (platform === 'linux') return { ...named, ...fromCpuInfo(surroundings.file('/proc/cpuinfo')) };
    if (platform === 'darwin')
      return { ...named, ...fromSysctl(surroundings.output('sysctl', ['machdep.cpu', 'hw.optional'])) };
  } catch {
    // The model's name is all that is known then, and said.
  }
  const identifier = env['PROCESSOR_IDENTIFIER'];
  return identifier === undefined ? named : { ...named, generation: identifier };
}

const here = (): ProcessorSurroundings => ({
  platform: process.platform,
  model: cpus()[0]?.model ?? process.arch,
  cores: availableParallelism(),
  env: process.env,
  file: (path) => readFileSync(path, 'utf8'),
  output: (program, args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
});

type Found = Pick<Processor, 'generation' | 'vectors'>;

/** The first processor of /proc/cpuinfo: `key : value` a line, of x86 and of arm. */
function fromCpuInfo(text: string): Found {
  const [first = ''] = text.trim().split(/\n\s*\n/);
  const values = pairs(first);
  const generation = named(values, [
    ['cpu family', 'family'],
    ['model', 'model'],
    ['stepping', 'stepping'],
    ['CPU implementer', 'implementer'],
    ['CPU part', 'part'],
    ['CPU revision', 'revision'],
  ]);
  const flags = values.get('flags') ?? values.get('Features');
  return { ...generation, ...(flags !== undefined && { vectors: vectorsOf(flags.split(/\s+/)) }) };
}

/** `sysctl machdep.cpu hw.optional`: `key: value` a line; features of Intel are lists of words, of Apple's own processors keys of their own. */
function fromSysctl(text: string): Found {
  const values = pairs(text);
  const generation = named(values, [
    ['machdep.cpu.family', 'family'],
    ['machdep.cpu.model', 'model'],
    ['machdep.cpu.stepping', 'stepping'],
  ]);
  const words = [...values].flatMap(([key, value]) =>
    /^machdep\.cpu\.(leaf7_)?features$/.test(key)
      ? value.split(/\s+/)
      : key.startsWith('hw.optional.') && value === '1'
        ? [key.slice(key.lastIndexOf('.') + 1)]
        : [],
  );
  return { ...generation, vectors: vectorsOf(words) };
}

const pairs = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
    }),
  );

function named(values: ReadonlyMap<string, string>, names: readonly (readonly [key: string, name: string])[]): Found {
  const parts = names.flatMap(([key, name]) => (values.has(key) ? [`${name} ${values.get(key)}`] : []));
  return parts.length === 0 ? {} : { generation: parts.join(', ') };
}

const vectorsOf = (flags: readonly string[]): string[] =>
  VECTORS.flatMap(([flag, name]) => (flags.some((one) => flag.test(one.toLowerCase())) ? [name] : []));
