/** Replays labels that are carried from frame to frame. */
import type { Engine } from '../../../../src/engines/engine.js';
import { maskOf, oneHot, stretch } from '../../../../src/evaluation/video/labelMaps.js';
import { type Grid, LabelPropagation, neighborsOf } from '../../../../src/evaluation/video/propagate.js';
import { tokensProgram } from '../../../../src/method/backbones/vit/programs.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { areEqual, type Difference, exact, largestOf, relative } from '../../difference.js';
import type { VideoReference, VideoRun } from './reference.js';

/** As the folder's README has them. */
const LIMITS = { tokens: 2e-5, soft: 2e-5 };

const ofEngine = 'vit';

export function* propagation(reference: VideoReference): Generator<Difference> {
  const { expected, inputs, outputs } = reference;
  const { h, w, patch } = expected.config;
  const grid = { rows: h, columns: w };
  yield neighborhood(reference, grid);
  yield* stretched(reference);
  const labels = oneHot(Uint8Array.from(inputs.get('first_labels').data));
  const given = inputs.get('first_segmentation').data;
  yield exact('first segmentation', given.length === labels.length && labels.every((value, i) => value === given[i]));
  const tokens = framesOf(inputs.get('tokens'));
  for (const [name, run] of Object.entries(expected.runs))
    if (name !== ofEngine) yield* carried(reference, { name, run, grid, patch, tokens, labels });
  // What the engine's tokens are carried by, without it.
  yield* carried(reference, { ...ofVit(reference), tokens: framesOf(outputs.get('vit_tokens')) });
}

export const propagationCount = ({ expected }: VideoReference): number => 3 + 2 * Object.keys(expected.runs).length;

/** Tokens, soft maps and masks. */
export const ON_ENGINE = 3;

export async function* onEngine(engine: Engine, reference: VideoReference): AsyncGenerator<Difference> {
  const { inputs, outputs, vit } = reference;
  const images = inputs.get('vit_frames');
  const [batch, , height, width] = images.shape as [number, number, number, number];
  const made = await vit.run(engine, tokensProgram(vit.spec, { batch, height, width }), { images });
  const tokens = framesOf(made('patches'));
  const data = Float32Array.from(tokens.flatMap((frame) => [...frame]));
  const wanted = outputs.get('vit_tokens');
  yield relative('vit_tokens', { ...wanted, data }, wanted, LIMITS.tokens);
  yield* carried(reference, { ...ofVit(reference), tokens });
}

function ofVit({ expected, inputs, vit }: VideoReference) {
  const [rows, columns] = inputs.get('vit_first_labels').shape as [number, number];
  const labels = oneHot(Uint8Array.from(inputs.get('vit_first_labels').data));
  const run = expected.runs[ofEngine] as VideoRun;
  return { name: ofEngine, run, grid: { rows, columns }, patch: vit.spec.patchSize, labels };
}

interface Carried {
  readonly name: string;
  readonly run: VideoRun;
  readonly grid: Grid;
  readonly patch: number;
  /** One array a frame, [patches, dim]. */
  readonly tokens: readonly Float32Array[];
  readonly labels: Float32Array;
}

function* carried({ outputs }: VideoReference, of: Carried): Generator<Difference> {
  const { name, run, grid, patch, tokens, labels } = of;
  const { n_last_frames: frames, size_mask_neighborhood: radius, topk: topK } = run;
  const [first = new Float32Array(), ...others] = tokens;
  const propagation = new LabelPropagation(grid, first, labels, { frames, radius, topK });
  const soft = others.map((frame) => propagation.next(frame));
  const size = { height: run.original_height, width: run.original_width };
  const masks = soft.map((maps) => maskOf(maps, grid, patch, size));
  const wantedSoft = outputs.get(`soft_${name}`);
  const data = Float32Array.from(soft.flatMap((maps) => [...maps]));
  yield relative(`soft_${name}`, { ...wantedSoft, data }, wantedSoft, LIMITS.soft);
  const wanted = outputs.get(`mask_${name}`);
  const ours = { ...wanted, data: Int32Array.from(masks.flatMap((mask) => [...mask])) };
  const different = Array.from(wanted.data).filter((label, i) => label !== ours.data[i]).length;
  const words = different === 0 ? undefined : `${different} of ${wanted.data.length} pixels differ`;
  yield exact(`mask_${name}`, areEqual(ours, wanted), words);
}

/** The first run that has a limit is the one that the matrix is of. */
function neighborhood({ expected, outputs }: VideoReference, grid: Grid): Difference {
  const patches = grid.rows * grid.columns;
  const wanted = outputs.get('neighborhood');
  const radius = expected.runs['near']?.size_mask_neighborhood;
  if (radius === undefined) throw new Error('expected.json has no run near, which neighborhood is of');
  const data = new Int32Array(patches * patches);
  for (let patch = 0; patch < patches; patch++)
    for (const other of neighborsOf(grid, patch, radius)) data[patch * patches + other] = 1;
  return exact('neighborhood', areEqual({ ...wanted, data }, wanted));
}

function* stretched({ inputs, outputs }: VideoReference): Generator<Difference> {
  const { shape, data } = inputs.get('norm_mask_in');
  const maps = Float32Array.from(data);
  stretch(maps, shape[0] ?? 0);
  yield largestOf('norm_mask_out', maps, outputs.get('norm_mask_out').data, LIMITS.soft);
}

/** [frames, ...] as one array a frame. */
function framesOf({ shape, data }: HostTensor): Float32Array[] {
  const count = shape[0] ?? 0;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => (data as Float32Array).subarray(i * size, (i + 1) * size));
}
