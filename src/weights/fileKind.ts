/** What a file is that is of no format that weights are read from, told by its first bytes. */

/** What is wrong with a file that is too short to tell what it is; undefined for any other. */
export function emptyOrShort({ length }: Buffer): string | undefined {
  if (length === 0) return 'is empty; copy or download it again';
  return length < 4 ? `is truncated: it has only ${length} bytes; copy or download it again` : undefined;
}

/** Signatures of files that people take for weights, and what is said of them. */
const SIGNATURES: readonly (readonly [signature: string, place: number, kind: string])[] = [
  [
    'version https://git-lfs',
    0,
    'is a pointer of Git LFS, not the file itself: run `git lfs pull`, or download the file',
  ],
  ['\x89HDF\r\n\x1a\n', 0, 'is an HDF5 file, as Keras writes, not a PyTorch checkpoint or safetensors'],
  ['\x93NUMPY', 0, "is NumPy's .npy, which holds one array, not a network"],
  ['PK\x05\x06', 0, 'is an empty zip file'],
  ['\x1f\x8b', 0, 'is compressed by gzip: unpack it first'],
  ['BZh', 0, 'is compressed by bzip2: unpack it first'],
  ['\xfd7zXZ\x00', 0, 'is compressed by xz: unpack it first'],
  ['\x28\xb5\x2f\xfd', 0, 'is compressed by zstd: unpack it first'],
  ['7z\xbc\xaf\x27\x1c', 0, 'is a 7z archive: unpack it first'],
  ['Rar!', 0, 'is a RAR archive: unpack it first'],
  ['ustar', 257, 'is a tar archive: unpack it first'],
  ['GGUF', 0, 'is a GGUF file, as llama.cpp reads, not a PyTorch checkpoint or safetensors'],
  ['TFL3', 4, 'is a TensorFlow Lite model, not a PyTorch checkpoint or safetensors'],
  ['\x89PNG', 0, 'is a PNG image'],
  ['\xff\xd8\xff', 0, 'is a JPEG image'],
  ['%PDF', 0, 'is a PDF document'],
];

/**
 * The end of a sentence about a file that no format recognizes.
 * @param formats what it could have been, each with its article
 */
export function otherKind(head: Buffer, formats: readonly string[]): string {
  const known = SIGNATURES.find(([signature, place]) => startsWith(head.subarray(place), signature));
  if (known) return known[2];
  if (isOnnx(head)) return 'is an ONNX model, not a PyTorch checkpoint or safetensors';
  if (head.every((byte) => byte === 0))
    return 'begins with nothing but zeros, as a download does that was broken off; download it again';
  if (isText(head)) return textKind(head.toString('utf8').trimStart());
  return `is neither ${[...new Set(formats)].join(' nor ')}: it begins with the bytes ${head
    .subarray(0, 8)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')}`;
}

function textKind(text: string): string {
  const beginning = JSON.stringify(text.slice(0, 40).split('\n', 1)[0]);
  if (/^<(?:!doctype|html|head|body)/i.test(text))
    return 'is a web page, not the file itself, as a download without permission gives; download it again';
  if (text.startsWith('<'))
    return `is XML, as a failed download gives, and begins with ${beginning}; download it again`;
  if (/^[{[]/.test(text)) return 'is JSON text, not weights';
  return `is text, not weights, and begins with ${beginning}`;
}

export const startsWith = (bytes: Buffer, signature: string): boolean =>
  bytes.subarray(0, signature.length).equals(Buffer.from(signature, 'latin1'));

/** A protobuf whose first field is the IR version, a small number, and the next the producer's name or a like one. */
const isOnnx = (head: Buffer): boolean =>
  head[0] === 0x08 &&
  (head[1] ?? 0) > 0 &&
  (head[1] ?? 0) < 32 &&
  [0x12, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42].includes(head[2] ?? 0);

/** Whether people could read it: no control characters but those between words and lines. */
export const isText = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte));
