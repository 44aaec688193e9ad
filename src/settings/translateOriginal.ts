/** What the original's arguments come to: settings, or a sentence that says why not. */
import { ENGINES, enginesAbleTo, namedForUse } from '../engines/abilities.js';
import { vitSettings } from './architectures.js';
import { ABOUT_PROCESSES, isOriginalKey, originalSchema } from './originalArguments.js';
import { keyProblems, shown } from './problems.js';
import { translateDinov2 } from './translateDinov2.js';
import { whole } from './values.js';

type Values = Readonly<Record<string, unknown>>;

/** A clause about what was decided; it holds while these settings have these values. */
export interface Note {
  readonly text: string;
  readonly settings: Values;
}

export interface Translated {
  /** Settings, and keys that the original does not know either. */
  readonly values: Values;
  readonly notes: readonly Note[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

/**
 * @param given those of one config file, or single settings
 * @param where ends the clause about a value, e.g. ` in args.txt`
 * @param all the values of all origins, the nearest to the run winning: some arguments depend on others
 */
export function translateOriginal(given: Values, where: string, all: Values): Translated {
  const ofDinov2 = translateDinov2(given, where, all);
  const { values } = ofDinov2;
  const ofOriginal = (isOf: boolean) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => isOriginalKey(key) === isOf));
  const original = ofOriginal(true);
  const settings: Record<string, unknown> = ofOriginal(false);
  const parsed = originalSchema.safeParse(original);
  const notes: Note[] = [...ofDinov2.notes];
  const problems = [
    ...ofDinov2.problems,
    ...(parsed.success ? [] : keyProblems(parsed.error, original, () => where, [])),
  ];
  const decide = (argument: string, decided: Values, text: string) => {
    notes.push({ text, settings: decided });
    for (const [key, value] of Object.entries(decided)) {
      const given = settings[key];
      if (given !== undefined && given !== value)
        problems.push(
          `${argument}${where} stands for ${key} ${shown(value)}, but ${key} is ${shown(given)}: leave one out.`,
        );
      settings[key] = value;
    }
  };

  const { arch } = settings;
  const vit = vitSettings(arch);
  if (vit !== undefined) {
    settings['arch'] = 'vit';
    decide(`arch ${shown(arch)}`, vit, vitText(String(arch), vit));
  }
  const { batch_size_per_gpu: perGpu, use_fp16, data_path, output_dir } = parsed.data ?? {};
  const gpus = gpusOf(all);
  if (perGpu !== undefined) {
    const batch_size = perGpu * gpus.count;
    decide(`batch_size_per_gpu ${perGpu}`, { batch_size }, `batch_size is ${batch_size}: ${perGpu} on ${gpus.text}`);
  } else if (all['batch_size_per_gpu'] === undefined) {
    const counted = GPU_COUNTS.filter((key) => original[key] !== undefined);
    problems.push(
      ...counted.map((key) => `${key} is ${shown(original[key])}${where}, but needs batch_size_per_gpu beside it.`),
    );
  }
  if (use_fp16 !== undefined && settings['precision'] === undefined) {
    const precision =
      use_fp16 && HALF_PRECISION_ENGINES.some(({ name }) => name === all['engine']) ? 'bfloat16' : 'float32';
    settings['precision'] = precision;
    if (use_fp16) notes.push({ text: HALF_PRECISION[precision], settings: { precision } });
  }
  const unused = (text: string) => notes.push({ text, settings: {} });
  if (data_path !== undefined) unused(`data_path ${data_path} is not read: a run is started with its images`);
  if (output_dir !== undefined) unused(`output_dir ${output_dir} is not used: a run is started with its folder`);
  const processes = ABOUT_PROCESSES.filter((key) => original[key] !== undefined);
  if (processes.length > 0) unused(`Not used, since they are about the original's processes: ${processes.join(', ')}`);
  return { values: settings, notes, problems };
}

function vitText(arch: string, sizes: Values): string {
  const list = Object.entries(sizes).map(([key, value]) => `${key} ${value}`);
  const swiglu =
    arch === 'vit_giant2' ? '; its MLP is not the SwiGLU of the published DINOv2 weights, which dinov2_vitg14 has' : '';
  return `arch ${arch} is ${list.join(', ')}${swiglu}`;
}

const HALF_PRECISION_ENGINES = enginesAbleTo({ precision: 'bfloat16' }, ENGINES);
const HALF_PRECISION = {
  bfloat16: `use_fp16 true: matrices are multiplied in bfloat16, the half precision of ${namedForUse(HALF_PRECISION_ENGINES)}`,
  float32: `use_fp16 true: computed in float32, which is more exact; with ${namedForUse(HALF_PRECISION_ENGINES)} it would be bfloat16, which is faster on GPUs`,
} as const;

/** What says how many GPUs a batch of the original was for. */
const GPU_COUNTS = ['world_size', 'nproc_per_node', 'nnodes', 'ngpus', 'nodes'] as const;

function gpusOf(all: Values): { readonly count: number; readonly text: string } {
  const [world, perMachine, machines, perNode, nodes] = GPU_COUNTS.map((key) => countOf(all[key]));
  const gpus = countOf(all['gpus']) ?? 1;
  const said = (count: number, by: string) => ({ count, text: `${count} ${count === 1 ? 'GPU' : 'GPUs'} (${by})` });
  if (world !== undefined) return said(world, 'world_size');
  if (perMachine !== undefined || machines !== undefined)
    return said((perMachine ?? 1) * (machines ?? 1), 'nproc_per_node, nnodes');
  if (perNode !== undefined || nodes !== undefined) return said((perNode ?? 1) * (nodes ?? 1), 'ngpus, nodes');
  return said(gpus, 'gpus; if the original had more, set world_size to their number');
}

/** What is no such number is named where its argument is checked. */
function countOf(value: unknown): number | undefined {
  const parsed = whole(1, 65_536).safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
