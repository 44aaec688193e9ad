/** A data set: images by index, with their names and, where the folders or a labels file tell, their classes. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { errorMessage } from '../errors/errorMessage.js';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { fileStamp } from '../files/fileStamp.js';
import { classFolders } from './classFolders.js';
import { READABLE_FORMATS, readableKindOf, unreadableKindOf } from './formats/kind.js';
import { type IdxImages, isIdxLabels, readIdxImages, readIdxLabels } from './idx.js';
import { findIdxImages, findIdxLabels, isIdxImages, unpackedStartOf } from './idxFolders.js';
import { type Image, readImage, requireImageChannels, withChannels } from './image.js';
import { type FolderContents, type ImageFile, listImages } from './imageFolder.js';
import { describeLeftOut } from './leftOut.js';
import type { Dataset } from './modality.js';

/** Where images come from: all that a thread needs to read them, cheap to send (IDX pixels are shared, not copied). */
export type ImageSource =
  | { readonly kind: 'folder'; readonly root: string; readonly names: readonly string[] }
  | ({ readonly kind: 'idx'; readonly file: string } & IdxImages);

/** The kind of data that image data sets are of. */
export const IMAGES = 'images';

export interface ImageDataset extends Dataset<ImageSource> {
  /** Decodes an image to 3 (RGB) or 1 (luma) channels; throws UnreadableImageError. */
  read(index: number, channels: number): Promise<Image>;
}

export const isImageDataset = (dataset: Dataset): dataset is ImageDataset => dataset.modality === IMAGES;

/**
 * Opens a folder tree of images (see `classFolders` for their classes), an IDX file of images (MNIST's layout, `.gz` too), or a folder
 * that holds such a file, at any depth that is usual.
 * @throws Error when there is nothing there, no image in it, or a damaged IDX file; the reason of `stop` when it aborts
 */
export async function openDataset(path: string, stop?: AbortSignal): Promise<ImageDataset> {
  const absolute = resolve(path);
  const entry = await stat(absolute).catch((error: unknown) => {
    throw new Error(
      fileErrorCode(error) === 'ENOENT'
        ? `There is no folder or file ${absolute}; give a folder of images or an IDX file.`
        : `The data set ${absolute} cannot be read: ${fileProblem(error)}.`,
    );
  });
  if (!entry.isDirectory()) return openIdx(absolute, absolute, []);
  const contents = await listImages(absolute, stop);
  if (contents.images.length > 0) return openFolder(absolute, contents, await idxFileBeside(absolute));
  const idx = await findIdxImages(absolute);
  if (idx !== undefined) return openIdx(absolute, idx.file, idx.notes);
  const others = describeLeftOut(contents.leftOut);
  throw new Error(
    `The folder ${absolute} has no images; ${READABLE_FORMATS} files are looked for, in sub-folders too` +
      `${others === undefined ? '' : `, and it has ${others}`}.`,
  );
}

/** An IDX file among images must not make them disappear, whatever is wrong with it. */
const idxFileBeside = (folder: string): Promise<string | undefined> =>
  findIdxImages(folder).then((idx) => idx && relative(folder, idx.file), errorMessage);

/** All that was decided to open it. */
export const datasetNotes = ({ notes, classNote }: Pick<ImageDataset, 'notes' | 'classNote'>): string[] => [
  ...notes,
  ...(classNote === undefined ? [] : [classNote]),
];

/** Reads one image of a source. */
export async function readFrom(source: ImageSource, index: number, channels: number): Promise<Image> {
  const name = nameIn(source, index);
  if (source.kind === 'folder') return readImage(join(source.root, name), name, channels);
  requireImageChannels(channels);
  const { width, height, pixels } = source;
  const data = new Uint8Array(pixels, index * width * height, width * height);
  return withChannels({ width, height, channels: 1, data }, channels);
}

/** Number of images in a source. */
function sizeOf(source: ImageSource): number {
  return source.kind === 'folder' ? source.names.length : source.count;
}

/** An image's name for people. */
function nameIn(source: ImageSource, index: number): string {
  if (source.kind === 'folder') return source.names[index] ?? '';
  return `${basename(source.file)}#${index}`;
}

function openFolder(
  root: string,
  { images: files, leftOut }: FolderContents,
  idxFile: string | undefined,
): ImageDataset {
  const names = files.map((file) => file.name);
  const { classes, labels, note } = classFolders(names);
  const others =
    idxFile === undefined
      ? leftOut.others
      : [...leftOut.others, { reason: 'IDX file: to use it, give it itself', count: 1, example: idxFile }];
  return datasetOf(root, { kind: 'folder', root, names }, classes, labels, files, {
    leftOut: { ...leftOut, others },
    notes: [],
    classNote: note,
  });
}

async function openIdx(path: string, file: string, notes: readonly string[]): Promise<ImageDataset> {
  if (!(await isIdxImages(file))) {
    throw new Error(`${file} is neither a folder of images nor an IDX file of images: ${await whatInstead(file)}.`);
  }
  const images = await readIdxImages(file);
  const labelsFile = await findIdxLabels(file);
  const labels = labelsFile === undefined ? undefined : await readIdxLabels(labelsFile, images.count);
  const largest = labels && Array.from(labels).reduce((most, label) => Math.max(most, label), 0);
  const classes = largest === undefined ? [] : Array.from({ length: largest + 1 }, (_, label) => String(label));
  const classNote = labelsFile === undefined ? `no classes: ${basename(file)} has no labels file` : undefined;
  const entry = await stat(file);
  const source: ImageSource = { kind: 'idx', file: join(dirname(file), basename(file)), ...images };
  return datasetOf(
    path,
    source,
    classes,
    labels,
    [{ name: basename(file), bytes: entry.size, stamp: fileStamp(entry) }],
    {
      leftOut: { endings: {}, others: [] },
      notes,
      classNote,
    },
  );
}

/** Why a file is no data set, as the end of a sentence. */
async function whatInstead(file: string): Promise<string> {
  const start = await unpackedStartOf(file).catch((error: unknown) => {
    throw new Error(`The data set ${file} cannot be read: ${fileProblem(error)}.`);
  });
  const usual = 'such files are named like train-images-idx3-ubyte, or end in .gz';
  if (start === undefined) return 'it is a compressed file (gzip) that cannot be unpacked';
  if (isIdxLabels(start)) return 'it holds labels: give the file of the images';
  // A few letters at the beginning of a text mean nothing.
  if (!HAS_BINARY.test(start.toString('latin1'))) return usual;
  if (readableKindOf(start) !== undefined) return 'it is a single image: give its folder';
  const other = unreadableKindOf(start);
  return other === undefined ? usual : `it is ${other}`;
}

const HAS_BINARY = /[^\t\n\r -~]/;

function datasetOf(
  path: string,
  source: ImageSource,
  classes: readonly string[],
  labels: ArrayLike<number | undefined> | undefined,
  files: readonly ImageFile[],
  said: Pick<ImageDataset, 'leftOut' | 'notes' | 'classNote'>,
): ImageDataset {
  return {
    modality: IMAGES,
    path,
    size: sizeOf(source),
    classes: classes.length > 0 ? classes : undefined,
    labelOf: (index) => labels?.[index],
    nameOf: (index) => nameIn(source, index),
    read: (index, channels) => readFrom(source, index, channels),
    fingerprint: hashOver(files, ({ name, bytes }) => `${name}\0${bytes}\n`),
    stamp: hashOver(files, ({ name, stamp }) => `${name}\0${stamp}\n`),
    source,
    ...said,
  };
}

/** SHA-256 over a line a file, in the data set's order. Contents are not read: a large folder must open in seconds. */
function hashOver(files: readonly ImageFile[], line: (file: ImageFile) => string): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(line(file));
  return hash.digest('hex');
}
