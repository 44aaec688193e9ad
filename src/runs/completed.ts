/** Backbones as they are run: what weights do not tell is said by a run or a person, or assumed. */
import { CodedError } from '../errors/codedError.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import { patchesPerSide, type VitSpec } from '../method/backbones/vit/spec.js';
import type { BackboneShape } from '../weights/dialects/dialect.js';

/** What weights do not tell of a backbone. */
export interface FromElsewhere {
  readonly numHeads?: number | undefined;
  readonly imageSize?: number | undefined;
}

/**
 * The backbone, and what was assumed for it.
 * @throws Error that names `path`, when the number of heads is not known or cannot be
 */
export function completed(
  path: string,
  shape: BackboneShape,
  known: FromElsewhere,
): { backbone: BackboneSpec; note?: string } {
  if (shape.kind === 'resnet') return { backbone: { ...shape, imageSize: known.imageSize ?? RESNET_IMAGE_SIZE } };
  const numHeads = known.numHeads ?? headsByWidth(shape.embedDim, path);
  if (!Number.isInteger(numHeads) || numHeads < 1 || shape.embedDim % numHeads !== 0)
    throw new CodedError(
      `${path} cannot have ${numHeads} heads: its width, ${shape.embedDim}, must be a multiple of them.`,
      'heads-unknown',
    );
  const backbone = { ...shape, numHeads, imageSize: imageSizeOf(shape, known) };
  if (known.numHeads !== undefined) return { backbone };
  const note = `${path} does not tell how many attention heads it has: ${numHeads}, each ${HEAD_DIM} wide, are assumed (--heads says otherwise).`;
  return { backbone, note };
}

/** By a file of weights, or what stands beside it. */
interface ToldHeads {
  readonly numHeads?: number | undefined;
  /** A clause that names the configuration that says so. */
  readonly headsSaidBy?: string | undefined;
}

/**
 * The number of heads, where a person says it, or the file.
 * @throws Error when a person says another than the configuration beside the file
 */
export function knownHeads(
  path: string,
  asked: number | undefined,
  { numHeads, headsSaidBy }: ToldHeads,
): number | undefined {
  if (asked !== undefined && headsSaidBy !== undefined && asked !== numHeads)
    throw new Error(
      `${path} cannot be read with --heads ${asked}: ${headsSaidBy}; leave --heads out, or correct that file.`,
    );
  return asked ?? numHeads;
}

/** Weights tell how many patches the trained images had, not the pixels at their edge that filled none. */
const imageSizeOf = (
  shape: Pick<VitSpec, 'imageSize' | 'patchSize'>,
  { imageSize = shape.imageSize }: FromElsewhere,
): number =>
  patchesPerSide(shape, imageSize) === patchesPerSide(shape, shape.imageSize) ? imageSize : shape.imageSize;

/** The resolution at which ImageNet's ResNets are evaluated. */
const RESNET_IMAGE_SIZE = 224;

/** As in nearly every network that was published. */
const HEAD_DIM = 64;
/** The widths of ViT-H, ViT-g, ViT-G and SoViT, whose heads are wider. */
const WIDTHS_OF_OTHER_HEADS: readonly number[] = [1152, 1280, 1408, 1664];

const SAY_HEADS = 'say how many (--heads); for a training, import it first: dino import --heads.';

function headsByWidth(embedDim: number, path: string): number {
  const unknown = `${path} does not tell how many attention heads it has, and`;
  if (WIDTHS_OF_OTHER_HEADS.includes(embedDim))
    throw new CodedError(
      `${unknown} networks of its width, ${embedDim}, differ in that: ${SAY_HEADS}`,
      'heads-unknown',
    );
  if (embedDim % HEAD_DIM === 0) return embedDim / HEAD_DIM;
  throw new CodedError(
    `${unknown} its width, ${embedDim}, is not a multiple of ${HEAD_DIM}: ${SAY_HEADS}`,
    'heads-unknown',
  );
}
