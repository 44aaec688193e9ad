import { describe, expect, test } from 'vitest';
import { unpickle } from '../../../src/weights/pickle/machine.js';
import { admit } from '../../../src/weights/pickle/names.js';
import { PickledGlobal } from '../../../src/weights/pickle/values.js';

const admission = (name: string) => {
  const dot = name.lastIndexOf('.');
  return admit(new PickledGlobal(name.slice(0, dot), name.slice(dot + 1)));
};

describe('names', () => {
  test.each(
    `os.system posix.system nt.system subprocess.Popen commands.getoutput builtins.eval __builtin__.exec builtins.getattr
    builtins.__import__ builtins.open sys.exit runpy.run_path importlib.import_module webbrowser.open pty.spawn ctypes.CDLL
    shutil.rmtree socket.socket pickle.loads _pickle.loads io.open _io.FileIO operator.attrgetter code.interact
    functools.reduce pathlib.os collections.sys types.FunctionType types.CodeType timeit.timeit torch.load torch.hub.load
    torch.storage._load_from_bytes torch.serialization.os torch.jit.load torch.fx.graph_module.reduce_graph_module
    numpy.load numpy.testing._private.utils.runstring pandas.eval dill._dill._create_function cloudpickle.cloudpickle.loads
    joblib.load mypackage.os.system __main__.subprocess _posixsubprocess.fork_exec`.split(/\s+/),
  )('%s is refused', (name) => {
    expect(() => admission(name)).toThrow(new RegExp(`it names ${name}( \\(today [\\w.]+\\))?, which is no data`));
  });

  test('a way out within a dotted name is seen', () => {
    expect(() => admit(new PickledGlobal('torch.serialization', 'os.system'))).toThrow('torch.serialization.os.system');
    expect(() => admit(new PickledGlobal('collections', 'abc.sys'))).toThrow('collections.abc.sys');
    expect(() => admit(new PickledGlobal('', '__proto__'))).toThrow('.__proto__');
  });

  test.each(
    `collections.OrderedDict collections.Counter collections.deque collections.defaultdict builtins.set __builtin__.set
    __builtin__.unicode builtins.bytearray builtins.complex builtins.slice datetime.datetime datetime.timedelta
    pathlib.PosixPath pathlib._local.PosixPath pathlib.WindowsPath decimal.Decimal fractions.Fraction uuid.UUID
    argparse.Namespace types.SimpleNamespace functools.partial _codecs.encode copy_reg._reconstructor array._array_reconstructor
    random.Random re._compile io.BytesIO typing.Any numpy.dtype numpy.ndarray numpy._core.multiarray._reconstruct
    numpy.core.multiarray.scalar numpy.random._pickle.__randomstate_ctor torch.float8_e4m3fn torch.Size torch.device
    torch._utils._rebuild_sparse_tensor torch.serialization._get_layout torch.optim.adamw.AdamW torch.nn.modules.linear.Linear`.split(
      /\s+/,
    ),
  )('%s is data', (name) => {
    expect(admission(name)).toBe('common');
  });

  test.each([
    '__main__.Config',
    'models.vit.VisionTransformer',
    'omegaconf.dictconfig.DictConfig',
    'constructor.constructor',
  ])('%s is somebody else’s', (name) => {
    expect(admission(name)).toBe('foreign');
  });
});

describe('time and memory are bounded', () => {
  const read = (...parts: (string | Buffer)[]) =>
    unpickle(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))), {
      global: () => undefined,
      persistent: () => undefined,
    }).value;

  test('lists nested a hundred thousand deep, and one that holds itself', () => {
    expect(read(']'.repeat(1e5), 'a'.repeat(1e5 - 1), '.')).toHaveLength(1);
    const itself = read(']q\x00h\x00a.');
    expect(Array.isArray(itself) && itself[0]).toBe(itself);
  });

  test('a list that is given to many calls is not copied', () => {
    const many = `${'K\x01'.repeat(1e5)}`;
    expect(read(']q\x00(', many, 'eccollections\nOrderedDict\nq\x010', 'h\x01h\x00R0'.repeat(1e5), 'N.')).toBeNull();
  });

  test('a string that claims 2^60 bytes', () => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(2n ** 60n);
    expect(() => read('\x8d', length, 'x.')).toThrow('the pickle is cut off');
  });

  test('more values than memory is meant for', () => {
    const listener = { global: () => undefined, persistent: () => undefined };
    const dictionaries = Buffer.from(`${'}'.repeat(1000)}.`);
    expect(() => unpickle(dictionaries, listener, 0, 100_000)).toThrow(
      'it holds more values than a checkpoint ever does',
    );
    expect(unpickle(dictionaries, listener).value).toEqual(new Map());
  });
});
