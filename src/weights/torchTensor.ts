/** How PyTorch's pickles describe tensors and their storages (torch/_utils.py, torch/serialization.py). */
import { ELEMENT_TYPES, type ElementType } from './elements.js';
import type { OpenFile } from './openFile.js';
import { PersistentObject, PickledGlobal, PickledObject } from './pickle/values.js';
import { FileTensor, type StorageBytes, type StoredTensor } from './storedTensor.js';

export interface TorchStorage {
  readonly key: string;
  /** An element type of ours, or the name that PyTorch has for it; undefined where the tensor says it. */
  readonly element: string | undefined;
  /** In bytes; undefined where the type is unknown. */
  readonly width: number | undefined;
  /** In values. */
  readonly length: number;
  /** Of a view into another storage (older files only), in values. */
  readonly viewOffset: number;
}

type LocateStorage = (storage: TorchStorage) => StorageBytes | Promise<StorageBytes>;

/** Where the values of tensors lie. */
export interface TorchStorages {
  readonly file: OpenFile;
  readonly locate: LocateStorage;
}

/** By the name of torch's storage classes. */
const STORAGES: ReadonlyMap<string, ElementType> = new Map(
  Object.entries({
    DoubleStorage: 'F64',
    FloatStorage: 'F32',
    HalfStorage: 'F16',
    BFloat16Storage: 'BF16',
    LongStorage: 'I64',
    IntStorage: 'I32',
    ShortStorage: 'I16',
    CharStorage: 'I8',
    ByteStorage: 'U8',
    BoolStorage: 'BOOL',
  } as const),
);
/** Storages whose values are not read, with the bytes of one. */
const OTHER_STORAGES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ComplexDoubleStorage: 16,
    ComplexFloatStorage: 8,
    QInt32Storage: 4,
    QInt8Storage: 1,
    QUInt8Storage: 1,
    QUInt4x2Storage: 1,
    QUInt2x4Storage: 1,
  }),
);
/** Its tensors say what it holds; its length is in bytes. */
const UNTYPED = 'UntypedStorage';

/** By the name of torch's dtypes, where a tensor over an untyped storage says it. */
const DTYPES: ReadonlyMap<string, ElementType> = new Map(
  Object.entries({
    float64: 'F64',
    float32: 'F32',
    float16: 'F16',
    bfloat16: 'BF16',
    int64: 'I64',
    int32: 'I32',
    int16: 'I16',
    int8: 'I8',
    uint8: 'U8',
    bool: 'BOOL',
  } as const),
);

/** @throws Error when it is no storage, as the end of a sentence about the file */
export function storageOf(object: unknown): TorchStorage {
  const id = object instanceof PersistentObject ? object.id : undefined;
  if (!Array.isArray(id) || id[0] !== 'storage') throw new Error('it refers to something that is not a storage');
  const [, type, key, , length, view] = id as readonly unknown[];
  if (!(type instanceof PickledGlobal) || typeof key !== 'string' || !isCount(length))
    throw new Error('one of its storages is damaged');
  const viewOffset = Array.isArray(view) ? (view as readonly unknown[])[1] : 0;
  if (!isCount(viewOffset)) throw new Error('one of its storages is damaged');
  const name = type.attribute;
  const element = STORAGES.get(name);
  const width = name === UNTYPED ? 1 : element ? ELEMENT_TYPES[element].bytes : OTHER_STORAGES.get(name);
  return { key, element: name === UNTYPED ? undefined : (element ?? type.name), width, length, viewOffset };
}

/** A parameter around a tensor, a tensor of a sub-class around a tensor. Nobody nests more. */
const MAX_WRAPPERS = 4;

/**
 * The tensor that a pickled value stands for; undefined when it stands for something else.
 * @throws Error when it is damaged, as the end of a sentence about the file
 */
export function tensorOf(value: unknown, storages: TorchStorages): StoredTensor | undefined {
  let object = value;
  for (let wrappers = 0; wrappers <= MAX_WRAPPERS; wrappers++) {
    if (!(object instanceof PickledObject)) return undefined;
    const { maker, args } = object;
    switch (maker.name) {
      case 'torch._utils._rebuild_tensor':
      case 'torch._utils._rebuild_tensor_v2':
      case 'torch._utils._rebuild_tensor_v3':
        return rebuilt(args, storages);
      case 'torch._utils._rebuild_parameter':
      case 'torch._utils._rebuild_parameter_with_state':
        object = args[0];
        break;
      case 'torch._tensor._rebuild_from_type':
      case 'torch._tensor._rebuild_from_type_v2': {
        const [rebuild, , inner] = args;
        if (!(rebuild instanceof PickledGlobal) || !Array.isArray(inner)) throw damaged();
        object = new PickledObject(rebuild, inner);
        break;
      }
      default:
        return undefined;
    }
  }
  throw damaged();
}

function rebuilt(args: readonly unknown[], { file, locate }: TorchStorages): StoredTensor {
  const [object, offset, size, stride, , , dtype] = args;
  const storage = storageOf(object);
  const [shape, strides] = [extentsOf(size), extentsOf(stride)];
  if (!shape) throw new Error(`it claims the shape ${shown(size)}, which no tensor has`);
  if (!strides || shape.length !== strides.length)
    throw new Error(`it claims the strides ${shown(stride)}, which no tensor of the shape ${shown(size)} has`);
  if (!isCount(offset)) throw new Error(`it claims to begin at the value ${shown(offset)} of its storage`);
  return new FileTensor(
    file,
    storage.element ?? dtypeOf(dtype),
    shape,
    () => locate(storage),
    strides,
    storage.viewOffset + offset,
  );
}

function dtypeOf(dtype: unknown): string {
  if (!(dtype instanceof PickledGlobal)) throw damaged();
  return DTYPES.get(dtype.attribute) ?? dtype.attribute;
}

function extentsOf(value: unknown): number[] | undefined {
  const extents: unknown = value instanceof PickledObject && value.maker.name === 'torch.Size' ? value.args[0] : value;
  return Array.isArray(extents) && extents.every(isCount) ? extents : undefined;
}

/** Whatever a file has in the place of numbers. */
const MOST_SHOWN = 60;
function shown(value: unknown): string {
  const list: unknown = value instanceof PickledObject ? value.args[0] : value;
  const text = (one: unknown) => (typeof one === 'number' || typeof one === 'bigint' ? String(one) : '?');
  const all = Array.isArray(list) ? `[${list.slice(0, MOST_SHOWN).map(text).join(', ')}]` : text(list);
  return all.length > MOST_SHOWN ? `${all.slice(0, MOST_SHOWN)}…` : all;
}

const damaged = () => new Error('one of its tensors is damaged');

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
