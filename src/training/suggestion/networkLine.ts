/** Which network is suggested, and why. */
import { FEW_IMAGES } from '../../settings/presetChoice.js';
import type { PresetName } from '../../settings/presets.js';
import type { Settings } from '../../settings/settings.js';
import { counted } from '../../text/counted.js';
import type { Preparation, TrainRun } from '../prepare.js';
import { clauses, countOf, isChosen, type Line, type Replaced } from './reasons.js';

/** What decides how large the network is. */
const NETWORK_KEYS = ['arch', 'embed_dim', 'depth', 'num_heads', 'patch_size'] as const;

export function networkLine(
  preparation: Preparation,
  settings: Settings,
  request: Pick<TrainRun, 'preset' | 'configFile'>,
  replaced: Replaced | undefined,
): Line {
  const { dataset, medianSize, preset, init } = preparation;
  const network = networkText(settings);
  if (init !== undefined) return { value: network, reason: 'that of the weights' };
  const value = preset === undefined ? network : `${preset}: ${network}`;
  if (replaced?.by.preset !== undefined)
    return { value, reason: `${replaced.preset ?? networkText(replaced.settings)} does not fit the memory` };
  if (request.preset !== undefined || request.configFile !== undefined) return { value, reason: 'as you chose' };
  const size = medianSize === undefined ? '' : `, about ${medianSize.width} × ${medianSize.height}`;
  const images = `${countOf(dataset)}${size}`;
  const chosen = NETWORK_KEYS.filter((key) => isChosen(key, preparation));
  return {
    value,
    reason:
      chosen.length > 0
        ? clauses(`${chosen.join(', ')} as you chose`, `all else as for ${images}`)
        : `${images}: ${presetReason(preset as PresetName, dataset.size)}`,
  };
}

/** Why a preset was chosen for the images. */
const PRESET_REASONS: Readonly<Record<PresetName, string>> = {
  'few-images': 'from so few, a small network learns more in minutes than a large one in hours',
  'small-data': 'in such small images, patches of 4 pixels tell the parts apart',
  tiny: 'the quickest network for photographs',
  small: 'so many that a larger network is worth its time',
  base: 'the strongest network',
  resnet50: 'a network of convolutions',
  dinov2: 'enough photographs for a network of the size that DINOv2 trains',
  'dinov2-few-images': "from so few, DINOv2's recipe on a small network learns most, in minutes",
};

const presetReason = (preset: PresetName, images: number): string =>
  preset === 'dinov2-few-images' && images > FEW_IMAGES
    ? "on such small images, DINOv2's recipe needs a small network only"
    : PRESET_REASONS[preset];

function networkText({ arch, embed_dim, depth, patch_size }: Settings): string {
  return arch === 'vit' ? `ViT ${embed_dim} wide, ${counted(depth, 'block')}, patches of ${patch_size}` : arch;
}
