/** A folder in the layout of DAVIS: frames in JPEGImages, labels in Annotations, each with a folder a sequence, or with 480p between. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileProblem } from '../../files/fileProblem.js';
import { isImageName } from '../../files/imageEndings.js';
import { counted } from '../../text/counted.js';
import { stemOf } from '../namedImages.js';

export interface Sequence {
  readonly name: string;
  /** Paths, in order. */
  readonly frames: readonly string[];
  /** Of each frame, or of the first ones alone. */
  readonly annotations: readonly string[];
}

interface DavisFolder {
  readonly sequences: readonly Sequence[];
  /** What was decided: sentences without their full stops. */
  readonly notes: readonly string[];
}

/** What stands between, the smaller first. */
const RESOLUTIONS = ['480p', 'Full-Resolution'];
/** The sequences that the benchmark is about, where the folder says so. */
const LIST = ['ImageSets', '2017', 'val.txt'];

/** Whether a folder is laid out so. */
export const isDavis = (folder: string): boolean =>
  ['JPEGImages', 'Annotations'].every((part) => existsSync(join(folder, part)));

/** Names in a folder, sorted. @throws Error with one sentence when it cannot be read */
export const listed = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
  });
  return names.filter((name) => !name.startsWith('.')).sort();
};

/** @throws Error with one sentence when it has no sequences, or frames without annotations */
export async function openDavis(folder: string): Promise<DavisFolder> {
  const { frames, annotations, names, isListed } = await davisParts(folder);
  if (names.length === 0) throw new Error(`The folder ${annotations} has no sequences.`);
  const sequences: Sequence[] = [];
  for (const name of names) sequences.push(await sequenceOf(name, join(frames, name), join(annotations, name)));
  return { sequences, notes: isListed ? [`the sequences are those of ${LIST.join('/')}`] : [] };
}

/** The folders that sequences are in, and the sequences' names. @throws Error with one sentence */
export async function davisParts(folder: string) {
  const partIn = async (part: string): Promise<string> => {
    const names = await listed(join(folder, part));
    return join(folder, part, RESOLUTIONS.find((name) => names.includes(name)) ?? '');
  };
  const [frames, annotations] = await Promise.all([partIn('JPEGImages'), partIn('Annotations')]);
  const list = await readFile(join(folder, ...LIST), 'utf8').catch(() => undefined);
  const names = list === undefined ? await listed(annotations) : list.split(/\s+/).filter((name) => name !== '');
  return { frames, annotations, names, isListed: list !== undefined };
}

async function sequenceOf(name: string, frameFolder: string, annotationFolder: string): Promise<Sequence> {
  const frames = (await listed(frameFolder)).filter(isImageName);
  if (frames.length < 3)
    throw new Error(`The sequence ${frameFolder} has ${counted(frames.length, 'frame')}: at least 3 are needed.`);
  const known = new Set(await listed(annotationFolder));
  const annotations = frames.map((frame) => `${stemOf(frame)}.png`);
  const missing = annotations.find((annotation) => !known.has(annotation));
  if (missing !== undefined)
    throw new Error(`The folder ${annotationFolder} has no ${missing}, the annotation of a frame of ${frameFolder}.`);
  return {
    name,
    frames: frames.map((frame) => join(frameFolder, frame)),
    annotations: annotations.map((annotation) => join(annotationFolder, annotation)),
  };
}
