/** What makes a run take less memory where nothing with the same result is enough. */
import type { MethodName } from '../../method/methods/names.js';
import type { PresetName } from '../../settings/presets.js';
import type { Settings } from '../../settings/settings.js';
import { partsChangeResult } from '../methods/index.js';

interface Smaller {
  /** The presets of small networks, the largest first; none where the weights decide on the network. */
  readonly presets: readonly PresetName[];
  readonly images: string;
}

const SMALLER: Readonly<Record<MethodName, Smaller>> = {
  dino: { presets: ['tiny', 'few-images'], images: 'smaller crops' },
  dinov2: { presets: ['dinov2-few-images'], images: 'smaller crops' },
  finetune: { presets: [], images: 'smaller images (image_size)' },
};

/** `a smaller batch, a smaller network (tiny, few-images) or smaller crops`. In parts of one image the size of a batch hardly matters. */
export function smallerRun(settings: Settings): string {
  const { presets, images } = SMALLER[settings.method];
  const network = presets.length === 0 ? 'a smaller network' : `a smaller network (${presets.join(', ')})`;
  return `${partsChangeResult(settings) ? 'a smaller batch, ' : ''}${network} or ${images}`;
}

/** What takes the place of what was asked for: that much and no more. */
export interface Smallness {
  readonly preset?: PresetName;
  readonly batch_size?: number;
}

/** Of fewer images nothing is learned that compares them. */
const LEAST_BATCH = 2;

const halfOf = (batch: number): number => Math.floor(batch / 2);

/** Ever smaller runs: first of the same network, then of smaller ones. @param preset that was asked for, or chosen for the images */
export function* smallerRuns(settings: Settings, preset: PresetName | undefined): Generator<Smallness, void> {
  const batches: Smallness[] = [];
  if (partsChangeResult(settings))
    for (let half = halfOf(settings.batch_size); half >= LEAST_BATCH; half = halfOf(half))
      batches.push({ batch_size: half });
  yield* batches;
  const { presets } = SMALLER[settings.method];
  for (const smaller of presets.slice(preset === undefined ? 0 : presets.indexOf(preset) + 1)) {
    yield { preset: smaller };
    for (const batch of batches) yield { preset: smaller, ...batch };
  }
}

/** `a batch of 32`, `the preset tiny`, or both. */
export const smallnessText = ({ preset, batch_size }: Smallness): string =>
  [
    ...(preset === undefined ? [] : [`the preset ${preset}`]),
    ...(batch_size === undefined ? [] : [`a batch of ${batch_size}`]),
  ].join(' with ');
