import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeSafetensors } from '../../../src/weights/safetensors.js';
import { openWeights } from '../../../src/weights/weightsFile.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { dict, writeLegacy, writeZip } from './torchFiles.js';

test.each(['MODEL.SafeTensors', '2f1c9a0e5b7d4c83', 'model.pth', 'page.html'])(
  'any format is read under the name %s',
  async (name) => {
    const path = join(temporaryFolder(), name);
    const w = { shape: [1], dtype: 'float32', data: Float32Array.of(7) } as const;
    const writers = [
      () => writeSafetensors(path, { w }),
      () => writeZip(path, dict({})),
      () => writeLegacy(path, dict({}), {}),
    ];
    for (const write of writers) {
      await write();
      const file = await openWeights(path);
      file.close();
      expect(file.root).toBeInstanceOf(Map);
    }
  },
);

test.each([
  ['<!DOCTYPE html><html><body>404', 'is a web page, not the file itself'],
  ['\n<html lang="en">', 'is a web page'],
  ['<?xml version="1.0"?><Error><Code>AccessDenied', 'is XML, as a failed download gives'],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0', 'is a pointer of Git LFS, not the file itself'],
  ['\x89HDF\r\n\x1a\n\x00\x00', 'is an HDF5 file, as Keras writes'],
  ['\x93NUMPY\x01\x00v\x00', "is NumPy's .npy"],
  ['\x08\x07\x12\x07pytorch', 'is an ONNX model'],
  ['\x1f\x8b\x08\x00', 'is compressed by gzip'],
  [`${'a'.padEnd(257, '\0')}ustar\x00`, 'is a tar archive'],
  ['{"architectures": ["ViTModel"]}', 'is JSON text, not weights'],
  ['hello, this is no network', 'is text, not weights, and begins with "hello, this is no network"'],
  ['\x89PNG\r\n\x1a\n', 'is a PNG image'],
  ['\0'.repeat(100), 'begins with nothing but zeros'],
  [
    '\x01\x02\x03\x04\x05\x06\x07\x09\x0a',
    'is neither a safetensors file nor a PyTorch checkpoint nor the list of the parts of a model: it begins with the bytes 01 02',
  ],
  ['', 'is empty'],
  ['PK', 'is truncated: it has only 2 bytes'],
  ['PK\x03\x04 and no more', 'is truncated or damaged ('],
])('%j %s', async (content, said) => {
  const path = join(temporaryFolder(), 'weights.pth');
  writeFileSync(path, content, 'latin1');
  await expect(openWeights(path)).rejects.toThrow(`${path} ${said}`);
});
