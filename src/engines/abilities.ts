/** Every engine, and what is known of it before it is loaded: what settings allow and what `auto` means follow from here. */
import { PRECISIONS, type Precision } from './engine.js';

export interface EngineAbilities {
  readonly name: string;
  /** What it can multiply matrices in. */
  readonly precisions: readonly Precision[];
  /** Whether several GPUs of this machine can share each batch. */
  readonly sharesBatches: boolean;
  /**
   * Whether `auto` may take it, and its place among the engines that are asked whether they compute on a GPU: the lowest is
   * asked first.
   */
  readonly auto?: { readonly placeOnGpu: number };
}

/** In the order in which they are listed. */
export const ENGINES = [
  { name: 'onnx', precisions: ['float32'], sharesBatches: false, auto: { placeOnGpu: 2 } },
  { name: 'tensorflow', precisions: PRECISIONS, sharesBatches: true, auto: { placeOnGpu: 1 } },
  { name: 'eager', precisions: ['float32'], sharesBatches: false },
] as const satisfies readonly EngineAbilities[];

export type EngineName = (typeof ENGINES)[number]['name'];
export const ENGINE_NAMES: readonly EngineName[] = ENGINES.map(({ name }) => name);

export const isEngineName = (name: string): name is EngineName => ENGINE_NAMES.some((one) => one === name);

/** What a run asks of an engine. */
export interface Needed {
  readonly precision?: Precision;
  /** GPUs that share each batch. */
  readonly gpus?: number;
}

export const multipliesIn = (precision: Precision, { precisions }: Pick<EngineAbilities, 'precisions'>): boolean =>
  precisions.includes(precision);

/** Those that can do it, in their order. */
export const enginesAbleTo = <E extends EngineAbilities>(
  { precision = 'float32', gpus = 1 }: Needed,
  engines: readonly E[],
): readonly E[] => engines.filter((engine) => multipliesIn(precision, engine) && (gpus === 1 || engine.sharesBatches));

/** `the engine tensorflow`, `the engine onnx or tensorflow`: for a sentence that says what to use. */
export const namedForUse = (engines: readonly Pick<EngineAbilities, 'name'>[]): string =>
  `the engine ${engines.map(({ name }) => name).join(' or ')}`;
