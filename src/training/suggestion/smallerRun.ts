/** What a person can choose so that a run takes less memory, where nothing with the same result is enough. */
import type { MethodName } from '../../method/methods/names.js';
import type { PresetName } from '../../settings/presets.js';
import type { Settings } from '../../settings/settings.js';
import { partsChangeResult } from '../methods/index.js';

interface Smaller {
  /** The presets of small networks; none where the weights decide on the network. */
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
