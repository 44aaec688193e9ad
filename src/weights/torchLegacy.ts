/** PyTorch's format before 1.6: four pickles that say what it is, the fifth lists the storages, which follow (`_legacy_load`). */
import type { WeightFormat } from './format.js';
import { FileFault, type OpenFile, TruncatedError } from './openFile.js';
import { readPickles, requireLittleEndian, TORCH, type TorchFile } from './torchFile.js';
import { storageOf, type TorchStorage, tensorOf } from './torchTensor.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const LENGTH_BYTES = 8;

export const torchLegacyFormat: WeightFormat = {
  ...TORCH,
  recognizes: (head) => head[0] === 0x80 && (head[1] ?? 0) <= 5,
  open: (file) => {
    const { root, foreign, ...storages } = openTorchLegacy(file);
    return { root, foreign, tensor: (value) => tensorOf(value, storages) };
  },
};

/** @throws FileFault, or Error that says why the file cannot be read */
function openTorchLegacy(file: OpenFile): TorchFile {
  const { root, keys, storages, foreign, end } = readStructure(file);
  const places = new Map<string, number>();
  let place = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new Error(`its storage ${key} is not used by any tensor`);
    if (storage.width === undefined)
      throw new Error(`its storage ${key} has the type ${storage.element}, which is not known`);
    const length = Buffer.from(file.read(place, LENGTH_BYTES)).readBigInt64LE();
    if (length !== BigInt(storage.length))
      throw new Error(`its storage ${key} should have ${storage.length} values, but has ${length}`);
    places.set(key, place + LENGTH_BYTES);
    place += LENGTH_BYTES + storage.length * storage.width;
  }
  if (place > file.size) throw new TruncatedError(file.size, place);
  return {
    file,
    root,
    foreign,
    locate({ key, length, width = 0 }) {
      const begin = places.get(key);
      if (begin === undefined) throw new Error(`its storage ${key} is missing`);
      return { begin, length: length * width };
    },
  };
}

function readStructure(file: OpenFile) {
  return readPickles(file, (next, place, listener) => {
    if (next() !== MAGIC) throw new FileFault('is a pickle, but not one that torch.save wrote');
    if (next() !== PROTOCOL) throw new Error('it was saved by an unknown version of PyTorch');
    const system = next();
    if (system instanceof Map) requireLittleEndian(system.get('little_endian') === false ? 'big' : 'little');
    const root = next();
    const keys = next();
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
      throw new Error('its list of storages is damaged');
    const storages = new Map<string, TorchStorage>();
    for (const object of listener.outside) {
      const storage = storageOf(object);
      storages.set(storage.key, storage);
    }
    return { root, keys, storages, foreign: [...listener.foreign], end: place() };
  });
}
