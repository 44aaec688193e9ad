/**
 * What to make of the classes and functions that a pickle names. This reader calls none of them, so no file can do harm here.
 * But a person may load the same file in Python next, and whoever plants a call to `os.system` in a checkpoint counts on that.
 * One rule decides:
 *
 * 1. Python's own library reaches everything that a machine can do. Of it, only the names below, which are data, are admitted.
 * 2. Every other name is admitted (training scripts save objects of PyTorch, NumPy, their frameworks and their own classes
 *    beside the weights), unless it is known to load or run code, or leads into a module of Python's own that does.
 *
 * An admitted name is not understood by that: a tensor that depends on one the reader does not know is refused when it is needed.
 */
import type { PickledGlobal } from './values.js';

/** By module; `*` stands for all public names of the module, none of which does more than make or compute a value. */
const DATA = namesByKey({
  builtins:
    'set frozenset list dict tuple bytearray bytes complex int float bool str slice range object type Ellipsis NotImplemented ' +
    'abs len max min round sorted sum',
  _codecs: 'encode',
  _io: 'BytesIO StringIO',
  _random: 'Random',
  argparse: 'Namespace',
  array: 'array _array_reconstructor',
  collections: '*',
  'collections.abc': '*',
  configparser: '*',
  copyreg: '_reconstructor __newobj__ __newobj_ex__',
  datetime: '*',
  decimal: '*',
  enum: '*',
  fractions: '*',
  functools: 'partial',
  io: 'BytesIO StringIO',
  ipaddress: '*',
  itertools: '*',
  logging: 'getLogger',
  math: '*',
  numbers: '*',
  operator: 'itemgetter',
  pathlib: 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath',
  'pathlib._local': 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath',
  platform: 'uname_result',
  random: 'Random',
  re: '_compile Pattern RegexFlag',
  string: 'Template',
  time: 'struct_time',
  types: 'SimpleNamespace MappingProxyType NoneType EllipsisType GenericAlias UnionType',
  typing: '*',
  uuid: 'UUID SafeUUID',
  zoneinfo: 'ZoneInfo ZoneInfo._unpickle',
});

/** Python 2's names, which pickles up to protocol 2 have. */
const PYTHON_2_MODULES = namesByKey({ __builtin__: 'builtins', copy_reg: 'copyreg', cStringIO: 'io' });
/** Of modules that Python 3 has under another name, for people (Python's Lib/_compat_pickle.py). */
const MODULES_TODAY = namesByKey({
  __builtin__: 'builtins',
  commands: 'subprocess',
  copy_reg: 'copyreg',
  cPickle: 'pickle',
  thread: '_thread',
  dummy_thread: '_thread',
  urllib2: 'urllib.request',
  SocketServer: 'socketserver',
});
const PYTHON_2_TYPES = namesByKey({ unicode: 'str', long: 'int', xrange: 'range' });

/** The modules of Python 3.8 to 3.14, and of 2.7 where they are called otherwise; those that begin with `_` besides. */
const PYTHON_MODULES = new Set(
  `abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex
  bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands compileall
  compression concurrent configparser contextlib contextvars copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime
  dbm decimal difflib dis distutils doctest dummy_threading email encodings ensurepip enum errno faulthandler fcntl filecmp
  fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib
  heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale
  logging lzma macpath mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib
  nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil
  platform plistlib poplib popen2 posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
  quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site
  smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep
  struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this
  thread threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing
  unicodedata unittest urllib urllib2 uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc
  zipapp zipfile zipimport zlib zoneinfo cPickle cStringIO`.split(/\s+/),
);
/** Begin with `_` too, but hold what a person wrote. */
const OWN_SCRIPTS = new Set(['__main__', '__mp_main__', '__torch__']);

/** Packages and parts of packages whose business is to load or run code. */
const CODE_LOADERS =
  /^(?:dill|cloudpickle|joblib|pip|setuptools|pkg_resources|IPython|nose|pytest|_pytest|py|numpy\.(?:testing|f2py|distutils|ctypeslib)|torch\.(?:hub|package|jit|fx|ops|classes|_dynamo|_inductor|utils\.cpp_extension|multiprocessing|distributed\.rpc))(?:\.|$)/;
/** Of whatever module: a function of this name runs, loads or reaches what it is told. */
const CODE_RUNNERS =
  /^(?:eval|exec|execfile|compile|system|popen|Popen|spawn|getattr|setattr|attrgetter|methodcaller|__import__|import_module|run_module|load_module|load|loads|_load_from_bytes|runstring|run_path|breakpoint|open)$/;
/** On the way to a name, other modules are reachable: `torch.serialization` has `os.system`. */
const WAYS_OUT =
  /^(?:os|posix|nt|sys|subprocess|builtins|__builtin__|__builtins__|importlib|shutil|socket|ctypes|pty|runpy)$/;

export type Admission =
  /** Of Python, PyTorch or NumPy. */
  | 'common'
  /** Of somebody else's code. */
  | 'foreign';

/** @throws Error with the name when loading the file in Python could run a program */
export function admit({ module, attribute, name }: PickledGlobal): Admission {
  const [top = ''] = module.split('.');
  const isPythons = PYTHON_MODULES.has(top) || (top.startsWith('_') && !OWN_SCRIPTS.has(top)) || top === '';
  if (isPythons ? !isData(module, attribute) : runsCode(name))
    throw new Error(
      `it names ${nameToday(module, attribute)}, which is no data: loading the file in Python could run a program, so it is refused`,
    );
  return isPythons || top === 'torch' || top === 'numpy' ? 'common' : 'foreign';
}

/** Python 2's names, under which Python 3 too writes older pickles, with what they load today. */
function nameToday(module: string, attribute: string): string {
  const today = MODULES_TODAY.get(module);
  return `${module}.${attribute}${today === undefined ? '' : ` (today ${today}.${attribute})`}`;
}

function isData(module: string, attribute: string): boolean {
  const names = DATA.get(PYTHON_2_MODULES.get(module) ?? module);
  // A module's modules are ways out; `datetime.datetime` is none.
  if (names === '*') return /^[A-Za-z]\w*$/.test(attribute) && (attribute === module || !PYTHON_MODULES.has(attribute));
  return names?.split(' ').includes(PYTHON_2_TYPES.get(attribute) ?? attribute) ?? false;
}

function runsCode(name: string): boolean {
  const [, ...parts] = name.split('.');
  return CODE_LOADERS.test(name) || CODE_RUNNERS.test(parts.at(-1) ?? '') || parts.some((part) => WAYS_OUT.test(part));
}

/** A map, because a file may name `constructor`, which every object has. */
function namesByKey(names: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(names));
}
