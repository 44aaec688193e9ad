/**
 * Compiles tfjs-node's binding, two C++ files, against TensorFlow's library. The compiler is called directly: node-gyp wants
 * Python, make and a download of Node's headers, and upstream's binding.gyp links libraries that the wheel names otherwise.
 */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../runProgram.js';
import { BINDING_FILE } from '../installation.js';
import type { Platform } from './platform.js';
import type { Work } from './progress.js';

/** Where the binding's sources and Node-API's headers lie. */
export interface BindingSources {
  /** The folder `binding` of the package @tensorflow/tfjs-node-gpu. */
  readonly binding: string;
  /** The folder `include` of the package node-api-headers: Node-API is the same for every Node and Electron. */
  readonly nodeApi: string;
  /** The header `sessionConfig.h`. */
  readonly sessionConfig: string;
}

/** What TensorFlow opens by name when it uses a GPU. Linked, they are found wherever the person's libraries lie. */
const NVIDIA_LIBRARY =
  /^lib(cudart|nvrtc|nvJitLink|cublas|cublasLt|cufft|curand|cusparse|cusolver|cudnn|nccl)\.so\.\d+$/;

/** The wheel's headers that the binding includes, directly or through others. */
export const isHeader = (name: string): boolean =>
  /^tensorflow\/include\/(tensorflow\/c|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/.*\.h$/.test(name);

/**
 * @param compiler what `findCompiler` has found
 * @param directory holds the wheels' files under their own paths, and gets the binding
 * @returns the binding's path
 * @throws Error with one sentence when the compiler fails
 */
export async function compileBinding(
  compiler: string,
  directory: string,
  sources: BindingSources,
  platform: Platform,
  work: Work,
): Promise<string> {
  const binding = path.join(directory, BINDING_FILE);
  await mkdir(path.dirname(binding), { recursive: true });
  const args = [...compilerArguments(directory, sources, platform, await nvidiaFolders(directory)), '-o', binding];
  work.onProgress({ text: "compiling TensorFlow's binding" });
  work.onLog(`${compiler} ${args.join(' ')}`);
  const { exitCode, lines } = await runProgram(compiler, args, { signal: work.signal, onLine: work.onLog });
  if (exitCode === 0) return binding;
  const words = lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? `exit code ${exitCode}`;
  throw new Error(
    `The compiler ${compiler} failed on TensorFlow's binding (${words.trim()}): a newer one, g++ 9 or clang 10, may do, named in the environment as CXX. All that it said is in ${work.logFile}.`,
  );
}

/** @throws Error with one sentence where there is none */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  const named = process.env['CXX'];
  for (const compiler of named ? [named] : ['g++', 'c++', 'clang++']) {
    const { exitCode } = await runProgram(compiler, ['--version'], { signal });
    if (exitCode === 0) return compiler;
  }
  if (named) throw new Error(`The C++ compiler ${named}, which CXX names, does not run: correct or unset CXX.`);
  const how =
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : 'apt install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora, Red Hat)';
  throw new Error(`There is no C++ compiler: install one (${how}), then run this again.`);
}

/** Of each folder of NVIDIA's, relative to the installation: the libraries to link. Empty without GPU. */
async function nvidiaFolders(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  const packages = await readdir(path.join(directory, 'nvidia')).catch(() => []);
  for (const name of packages) {
    const folder = path.join('nvidia', name, 'lib');
    const files = await readdir(path.join(directory, folder)).catch(() => []);
    if (files.length > 0)
      found.set(
        folder,
        files.filter((file) => NVIDIA_LIBRARY.test(file)),
      );
  }
  return found;
}

function compilerArguments(
  directory: string,
  { binding, nodeApi, sessionConfig }: BindingSources,
  { libraries }: Platform,
  nvidia: ReadonlyMap<string, readonly string[]>,
): string[] {
  const mac = process.platform === 'darwin';
  const tensorflow = path.join(directory, 'tensorflow');
  // From the binding, so that the installation can be moved.
  const root = `${mac ? '@loader_path' : '$ORIGIN'}/${path.relative(path.dirname(BINDING_FILE), '')}`;
  const searched = ['tensorflow', ...nvidia.keys()];
  return [
    ...['-O2', '-std=c++17', '-fPIC', '-DNAPI_VERSION=8'],
    // Node itself has the functions of Node-API.
    ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-I', nodeApi, '-I', path.join(tensorflow, 'include')],
    ...['-include', sessionConfig],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join(binding, file)),
    ...(mac ? [] : ['-Wl,--no-as-needed']),
    ...libraries.map((library) => path.join(tensorflow, library)),
    ...[...nvidia].flatMap(([folder, names]) => names.map((name) => path.join(directory, folder, name))),
    ...searched.map((folder) => `-Wl,-rpath,${root}/${folder}`),
    // What NVIDIA's libraries need of each other lies beside them.
    ...(mac ? [] : searched.map((folder) => `-Wl,-rpath-link,${path.join(directory, folder)}`)),
  ];
}
