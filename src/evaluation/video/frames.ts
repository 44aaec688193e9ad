/** How frames and their first annotation are prepared: `read_frame` and `read_seg` of facebookresearch/dino's eval_video_segmentation.py. */
import { interpolateBilinear } from '../../data/bilinear.js';
import type { Image } from '../../data/image.js';
import type { Size } from '../nearest.js';

/** ImageNet's, but for red's deviation, which is .229 everywhere else. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.228, 0.224, 0.225];

/** The longer side is cut down to a multiple of this. */
const MULTIPLE = 64;

/**
 * The shorter side becomes `shortSide`, the longer one keeps the ratio and is cut down to a multiple of 64. Of a square the width is cut down.
 * @throws Error when nothing is left of it
 */
export function frameSize({ width, height }: Size, shortSide: number): Size {
  const longer = (ratio: number) => Math.floor((shortSide * ratio) / MULTIPLE) * MULTIPLE;
  const size =
    height > width
      ? { width: shortSide, height: longer(height / width) }
      : { width: longer(width / height), height: shortSide };
  if (size.width === 0 || size.height === 0)
    throw new Error(`a short side of ${shortSide} pixels is too low: of the other, multiples of ${MULTIPLE} are used`);
  return size;
}

/**
 * The size that the original gives the annotation: of a square the height is cut down, so that it is turned against its frame unless
 * `shortSide` is a multiple of 64.
 * @internal for tests: `dino eval video` has the annotation in the frame's size
 */
export function originalAnnotationSize(size: Size, shortSide: number): Size {
  const { width, height } = frameSize(size, shortSide);
  return size.width === size.height ? { width: height, height: width } : { width, height };
}

/**
 * Bilinear on bytes without antialiasing (OpenCV's), rounded to bytes, then normalized.
 * @returns [3, to.height, to.width]
 */
export function frameInput({ data, width, height, channels }: Image, to: Size): Float32Array {
  const area = width * height;
  const planes = new Uint8Array(area * channels);
  for (let i = 0; i < planes.length; i++) planes[(i % channels) * area + Math.floor(i / channels)] = data[i] as number;
  const resized = interpolateBilinear({ data: planes, planes: channels, height, width }, to);
  const size = to.height * to.width;
  return resized.map((value, i) => {
    const channel = Math.floor(i / size);
    return (Math.round(value) / 255 - (MEAN[channel] as number)) / (STD[channel] as number);
  });
}
