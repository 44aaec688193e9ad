/** Which format a file has, told by its first bytes: names of files are often wrong. */

export type ImageKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'bmp' | 'dib' | 'netpbm' | 'avif';

/** The formats that are read, for sentences. */
export const READABLE_FORMATS = 'PNG, JPEG, WebP, GIF, BMP, TIFF, Netpbm or AVIF';

type Test = (file: Buffer) => boolean;

const startsWith =
  (...texts: readonly string[]): Test =>
  (file) =>
    texts.some((text) => file.toString('latin1', 0, text.length) === text);

const KINDS: readonly (readonly [ImageKind, Test])[] = [
  ['jpeg', startsWith('\xff\xd8\xff')],
  ['png', startsWith('\x89PNG\r\n\x1a\n')],
  ['gif', startsWith('GIF87a', 'GIF89a')],
  ['webp', (file) => startsWith('RIFF')(file) && file.toString('latin1', 8, 12) === 'WEBP'],
  ['tiff', startsWith('II*\0', 'MM\0*', 'II+\0', 'MM\0+')],
  ['bmp', startsWith('BM')],
  ['netpbm', (file) => /^P[1-7][\s#]/.test(file.toString('latin1', 0, 3))],
  ['avif', (file) => brandsOf(file).some((brand) => ['avif', 'avis'].includes(brand))],
  ['dib', isDib],
];

/** What people keep among their images, and what is not read. */
const OTHERS: readonly (readonly [string, Test])[] = [
  ['a HEIC image (coded as HEVC), for which there is no decoder here: save it as JPEG or PNG', isHeic],
  ['a JPEG 2000 image', startsWith('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')],
  ['a JPEG XL image', startsWith('\0\0\0\x0cJXL ', '\xff\x0a')],
  ['an image of floating-point samples (PFM): save it with 8 or 16 bits', startsWith('PF\n', 'Pf\n', 'PF ', 'Pf ')],
  ['a Photoshop document', startsWith('8BPS')],
  ['a Windows icon or cursor', isIcon],
  ['a Targa image', isTarga],
  ['a QOI image', startsWith('qoif')],
  ['an SGI image', startsWith('\x01\xda\0', '\x01\xda\x01')],
  ['a PCX image', isPcx],
  ['an icon of macOS', startsWith('icns')],
  ['a FITS image', startsWith('SIMPLE  =')],
  ['a PostScript drawing', startsWith('%!PS', '\xc5\xd0\xd3\xc6')],
  ['an OpenEXR image', startsWith('\x76\x2f\x31\x01')],
  ['a Radiance HDR image', startsWith('#?RADIANCE', '#?RGBE')],
  ['a DDS texture', startsWith('DDS ')],
  ['a GIMP document', startsWith('gimp xcf')],
  ['an OS/2 bitmap array or icon', isOfOs2],
  ['a PDF document', startsWith('%PDF')],
  ["NumPy's .npz: save its images as files", isNpz],
  ['a ZIP archive: unpack it', startsWith('PK\x03\x04')],
  ['a compressed file (gzip): unpack it', startsWith('\x1f\x8b')],
  ['a tar archive: unpack it', (file) => file.toString('latin1', 257, 262) === 'ustar'],
  ['a 7-Zip archive: unpack it', startsWith('7z\xbc\xaf\x27\x1c')],
  ['a RAR archive: unpack it', startsWith('Rar!\x1a\x07')],
  ['a NumPy array', startsWith('\x93NUMPY')],
  ['an HDF5 file', startsWith('\x89HDF\r\n')],
  ["a pointer of Git LFS in the image's place: fetch it with `git lfs pull`", startsWith('version https://git-lfs')],
  ['a video or another file of ISO media', (file) => file.toString('latin1', 4, 8) === 'ftyp'],
  ['a DICOM image', (file) => file.toString('latin1', 128, 132) === 'DICM'],
  ['an SVG drawing', (file) => /<svg[\s>]/i.test(file.toString('latin1', 0, 1024))],
  ['a web page', (file) => /^\s*<(!doctype html|html|head|body)[\s>]/i.test(file.toString('latin1', 0, 256))],
];

/** @throws Error with what the file is instead, as the end of a sentence */
export function kindOf(file: Buffer): ImageKind {
  const kind = readableKindOf(file);
  if (kind !== undefined) return kind;
  throw new Error(`it is ${unreadableKindOf(file) ?? `not a ${READABLE_FORMATS} image`}`);
}

export const readableKindOf = (file: Buffer): ImageKind | undefined => KINDS.find(([, test]) => test(file))?.[0];

/** What a file is that is no image which is read, with its article; undefined where that is not known. */
export const unreadableKindOf = (file: Buffer): string | undefined => OTHERS.find(([, test]) => test(file))?.[0];

/** The brands of an ISO media file (HEIF, AVIF, MP4): what a reader must understand. */
export function brandsOf(file: Buffer): string[] {
  if (file.length < 16 || file.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(file.readUInt32BE(0), file.length, 256);
  // The major brand, four bytes of its version, and the compatible brands.
  const places = Array.from({ length: Math.max(0, Math.floor((end - 8) / 4)) }, (_, index) => 8 + 4 * index);
  return places.filter((place) => place !== 12).map((place) => file.toString('latin1', place, place + 4));
}

function isHeic(file: Buffer): boolean {
  return brandsOf(file).some((brand) => /^(hei[cxms]|hev[cxms]|mif1|msf1)$/.test(brand));
}

/** Two letters, then sizes, whose upper bytes are 0. */
function isOfOs2(file: Buffer): boolean {
  return startsWith('BA', 'IC', 'CI', 'PT', 'CP')(file) && file.subarray(0, 16).includes(0);
}

/** A ZIP archive whose first file is an array. */
function isNpz(file: Buffer): boolean {
  if (!startsWith('PK\x03\x04')(file) || file.length < 30) return false;
  return file.toString('latin1', 30, 30 + file.readUInt16LE(26)).endsWith('.npy');
}

function isPcx(file: Buffer): boolean {
  const [mark, version, isPacked, bits] = file;
  return (
    mark === 10 &&
    isPacked === 1 &&
    [0, 2, 3, 4, 5].some((known) => known === version) &&
    [1, 2, 4, 8].some((known) => known === bits)
  );
}

/** It says how many images it has, and a byte of the first of them is always 0, or 255 as some programs write. */
function isIcon(file: Buffer): boolean {
  const isMarked = startsWith('\0\0\x01\0', '\0\0\x02\0')(file);
  return isMarked && file.length >= 22 && file.readUInt16LE(4) > 0 && (file[9] === 0 || file[9] === 255);
}

/** Files without a footer have nothing but a header of plausible numbers: color map, kind, size, and bits of a pixel. */
function isTarga(file: Buffer): boolean {
  if (file.length <= 18) return false;
  if (file.toString('latin1', file.length - 18) === 'TRUEVISION-XFILE.\0') return true;
  const kind = file.readUInt8(2);
  const colorMap = file.toString('latin1', 3, 8);
  const isPlausible =
    file[1] === 1 ? [1, 9].includes(kind) : colorMap === '\0\0\0\0\0' && [2, 3, 10, 11].includes(kind);
  const hasSize = file.readUInt16LE(12) > 0 && file.readUInt16LE(14) > 0;
  return isPlausible && hasSize && [8, 15, 16, 24, 32].includes(file.readUInt8(16)) && file.readUInt8(17) < 64;
}

/** A Windows bitmap without its file header, as the clipboard has it. */
function isDib(file: Buffer): boolean {
  if (file.length < 40 || ![40, 52, 56, 64, 108, 124].includes(file.readUInt32LE(0))) return false;
  return file.readUInt16LE(12) === 1 && [1, 4, 8, 16, 24, 32].includes(file.readUInt16LE(14));
}
