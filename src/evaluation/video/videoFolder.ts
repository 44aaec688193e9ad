/** Videos as folders of frames: in the layout of DAVIS, or any folder whose images are in order by their names. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { fileProblem } from '../../files/fileProblem.js';
import { isImageName } from '../../files/imageEndings.js';
import { counted } from '../../text/counted.js';
import { stemOf } from '../namedImages.js';
import { davisParts, isDavis, listed, type Sequence } from './davisFolder.js';

const LEAST_FRAMES = 2;

/**
 * All videos of a folder in the layout of DAVIS, or the one whose frames lie in the folder. Annotations are those that are found: beside
 * in Annotations, or a PNG with the name of a frame that is no PNG.
 * @param mask of the first frame, in the place of what is found
 * @throws Error with one sentence when there are no frames
 */
export async function videosIn(path: string, mask?: string): Promise<Sequence[]> {
  const folder = resolve(path);
  const entry = await stat(folder).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
  });
  if (!entry.isDirectory()) throw new Error(`${folder} is a file: choose the folder of the frames.`);
  if (isDavis(folder)) {
    const { frames, annotations, names } = await davisParts(folder);
    if (names.length === 0) throw new Error(`The folder ${annotations} has no sequences.`);
    return Promise.all(names.map((name) => videoOf(join(frames, name), join(annotations, name), mask)));
  }
  return [await videoOf(folder, annotationFolderOf(folder), mask)];
}

/** Of a sequence's frames in the layout of DAVIS: the folder of the same path below Annotations. */
function annotationFolderOf(frames: string): string | undefined {
  const parts = frames.split(sep);
  const at = parts.lastIndexOf('JPEGImages');
  // With 480p between, or without.
  if (at < 0 || at < parts.length - 3 || at === parts.length - 1) return undefined;
  return [...parts.slice(0, at), 'Annotations', ...parts.slice(at + 1)].join(sep);
}

async function videoOf(folder: string, annotationFolder: string | undefined, mask?: string): Promise<Sequence> {
  const images = (await listed(folder)).filter(isImageName);
  const masks = masksAmong(images);
  const frames = images.filter((name) => !masks.has(name)).sort(inOrder);
  if (frames.length < LEAST_FRAMES)
    throw new Error(
      `The folder ${folder} has ${counted(frames.length, 'frame')}: a video needs at least ${LEAST_FRAMES} images.`,
    );
  const beside = annotationFolder === undefined ? [] : await listed(annotationFolder).catch(() => []);
  const found = beside.length > 0 ? pathsOf(annotationFolder ?? '', beside.filter(isPng)) : pathsOf(folder, [...masks]);
  const annotations = mask === undefined ? whileFound(frames.map((frame) => found.get(stemOf(frame)))) : [mask];
  return { name: basename(folder), frames: frames.map((frame) => join(folder, frame)), annotations };
}

/** frame2 comes before frame10. */
const inOrder = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });

const isPng = (name: string): boolean => name.toLowerCase().endsWith('.png');

/** PNGs that have the name of another image. */
function masksAmong(images: readonly string[]): Set<string> {
  const others = new Set(images.filter((name) => !isPng(name)).map(stemOf));
  return new Set(images.filter((name) => isPng(name) && others.has(stemOf(name))));
}

/** By the names of the frames that they belong to, without their endings. */
const pathsOf = (folder: string, names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [stemOf(name), join(folder, name)]));

/** All, or the first alone: where one is missing there is no truth of the whole. */
function whileFound(paths: readonly (string | undefined)[]): string[] {
  const found = paths.flatMap((path) => path ?? []);
  if (found.length === paths.length) return found;
  const [first] = paths;
  return first === undefined ? [] : [first];
}
