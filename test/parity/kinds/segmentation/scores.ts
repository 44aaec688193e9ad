/** Replays how images are cut and how well the original's own masks meet the truth. */
import { normalize } from '../../../../src/data/normalize.js';
import { best, jaccard, segmentationMeans } from '../../../../src/evaluation/segmentation/jaccard.js';
import { crop, croppedSize } from '../../../../src/evaluation/segmentation/masks.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, largestOf, relative } from '../../difference.js';
import type { SegmentationImage, SegmentationReference } from './reference.js';

const LIMITS = { image: 2e-5, jaccard: 1e-12 };

/** What of a truth counts: void as background, or not at all. */
const READINGS = [
  { leavesVoidOut: false, values: 'jaccard', bestHead: 'best_head' },
  { leavesVoidOut: true, values: 'jaccard_without_void', bestHead: 'best_head_without_void' },
] as const;

export function* scores(reference: SegmentationReference): Generator<Difference> {
  const { images, means, vit } = reference;
  const byShare = new Map<string, number[][]>();
  for (const image of images) {
    const cropped = croppedSize(image, vit.spec.patchSize);
    const isEqual = cropped.height === image.cropped_height && cropped.width === image.cropped_width;
    yield exact(`size of ${image.name}`, isEqual);
    yield imageDifference(reference, image);
    for (const [keep, wanted] of Object.entries(image.keep)) {
      for (const { leavesVoidOut, values, bestHead } of READINGS) {
        const ours = jaccards(reference, image, keep, leavesVoidOut);
        if (!leavesVoidOut) byShare.set(keep, [...(byShare.get(keep) ?? []), ours]);
        const quantity = `${values} of ${image.name}, ${keep}`;
        yield largestOf(quantity, ours, wanted[values], LIMITS.jaccard);
        yield exact(`best head by ${quantity}`, best(ours) === wanted[bestHead]);
      }
    }
  }
  for (const [keep, wanted] of means) {
    const { ofEachHead, bestHead, ofBestHeadPerImage } = segmentationMeans(byShare.get(keep) ?? []);
    const theirs = [...wanted.of_each_head, wanted.of_best_head_per_picture];
    yield largestOf(`mean over images, ${keep}`, [...ofEachHead, ofBestHeadPerImage], theirs, LIMITS.jaccard);
    yield exact(`best head of all, ${keep}`, bestHead === wanted.best_head_of_all);
  }
}

export const scoresCount = ({ images, means }: SegmentationReference): number =>
  images.reduce((sum, { keep }) => sum + 2 + 4 * Object.keys(keep).length, 0) + 2 * means.size;

function imageDifference({ inputs, vit }: SegmentationReference, image: SegmentationImage): Difference {
  const { inChans } = vit.spec;
  const to = { height: image.cropped_height, width: image.cropped_width };
  const area = to.height * to.width;
  const pixels = crop(Uint8Array.from(inputs.get(`pixels_${image.name}`).data), image, to, inChans);
  const data = new Float32Array(area * inChans);
  normalize(new Uint8ClampedArray(pixels), inChans, area, data, 0);
  const actual: HostTensor = { shape: [], dtype: 'float32', data };
  return relative(`image_${image.name}`, actual, inputs.get(`image_${image.name}`), LIMITS.image);
}

function jaccards(
  { inputs, outputs, vit }: SegmentationReference,
  image: SegmentationImage,
  keep: string,
  leavesVoidOut: boolean,
): number[] {
  const to = { height: image.cropped_height, width: image.cropped_width };
  const truth = crop(Uint8Array.from(inputs.get(`truth_${image.name}`).data), image, to);
  const { data } = outputs.get(`mask${keep}_${image.name}`);
  return Array.from({ length: vit.spec.numHeads }, (_, head) =>
    jaccard(data.subarray(head * truth.length, (head + 1) * truth.length), truth, leavesVoidOut),
  );
}
