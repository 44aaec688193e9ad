/** How large an image to give a Vision Transformer so that its attention is fine and its answer soon. */
import { patchesPerSide, type VitSpec } from '../method/backbones/vit/spec.js';

/** What two cores compute in about a sixth of a second, in multiplications and additions. */
const MOST_OPERATIONS = 2e10;
/** The original looks at 480 pixels by networks that were trained on 224. Far from that, positions mean little. */
const MOST_ENLARGEMENT = 3;

/**
 * Side in pixels, a multiple of the patch size: as large as time allows, but not larger than the image, nor than three times what the
 * network was trained on; at least what it was trained on.
 * @param longerSide of the image, in pixels
 */
export function fineResolution(vit: VitSpec, longerSide: number): number {
  const { patchSize, imageSize } = vit;
  const most = Math.min(longerSide, MOST_ENLARGEMENT * imageSize);
  let patches = Math.max(1, patchesPerSide(vit, imageSize));
  while ((patches + 1) * patchSize <= most && operations(vit, patches + 1) <= MOST_OPERATIONS) patches++;
  return patches * patchSize;
}

/** Of all blocks: the linear layers, and every token's product with every other one. */
function operations({ depth, embedDim, mlp }: VitSpec, patchesOfSide: number): number {
  const tokens = patchesOfSide ** 2;
  const linear = tokens * embedDim * (4 * embedDim + 2 * mlp.hiddenDim);
  return 2 * depth * (linear + 2 * tokens ** 2 * embedDim);
}
