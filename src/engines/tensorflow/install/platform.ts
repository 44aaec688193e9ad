/** Which of TensorFlow's wheels suits a machine, and what of it is needed. */

/** The version that DINO Lab is tested with. */
const TENSORFLOW_VERSION = '2.21.0';

/** What a wheel must be, as index and pip are asked for it. */
export interface WheelRequest {
  /** Its name on PyPI, e.g. `tensorflow-cpu`. */
  readonly project: string;
  /** Which versions will do, e.g. `==2.21.0` or `<13.0,>=12.5`. */
  readonly specifier: string;
  /** Platform tags that run here, the best first. */
  readonly platformTags: readonly string[];
}

export interface Platform {
  readonly tensorflow: WheelRequest;
  /** File names of TensorFlow's two libraries. */
  readonly libraries: readonly string[];
  readonly gpu: boolean;
  /** Room that the installation takes for a while, downloads included, in bytes. */
  readonly roomNeeded: number;
}

/** The C API is the same for every Python, so one is as good as another; this is the tag of its wheels. */
export const PYTHON_VERSION = '3.12';
export const PYTHON_TAG = `cp${PYTHON_VERSION.replace('.', '')}`;

const LINUX_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const MAC_LIBRARIES = ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'];
const GB = 1e9;

/** The machine that is asked about; the tests ask about others. */
export interface Machine {
  readonly system: NodeJS.Platform;
  readonly cpu: string;
  /** Version of the C library where it is glibc, e.g. `2.36`. */
  readonly glibc: string | undefined;
}

export function thisMachine(): Machine {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return { system: process.platform, cpu: process.arch, glibc: report.header?.glibcVersionRuntime };
}

/** @throws Error with one sentence where TensorFlow has no wheel that suits, or none for its GPU */
export function choosePlatform({ system, cpu, glibc }: Machine, gpu: boolean): Platform {
  const place = `${system} on ${cpu}`;
  const wheel = (project: string, ...platformTags: string[]): WheelRequest => ({
    project,
    specifier: `==${TENSORFLOW_VERSION}`,
    platformTags,
  });
  if (system === 'win32')
    throw new Error(
      "TensorFlow's package for Windows has no library to build on: run `npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false` in DINO Lab's folder, which fetches tfjs-node's own, or use the engine onnx.",
    );
  if (gpu && (system !== 'linux' || cpu !== 'x64'))
    throw new Error(`TensorFlow runs on GPUs only under Linux on x64, and this is ${place}: install it without GPU.`);
  if (system === 'darwin' && cpu === 'arm64')
    return {
      tensorflow: wheel('tensorflow', 'macosx_12_0_arm64'),
      libraries: MAC_LIBRARIES,
      gpu,
      roomNeeded: 1.3 * GB,
    };
  if (system === 'linux' && (cpu === 'x64' || cpu === 'arm64')) {
    requireGlibc(glibc);
    // There is no tensorflow-cpu for ARM: its `tensorflow` is without GPU anyhow.
    const project = gpu || cpu === 'arm64' ? 'tensorflow' : 'tensorflow-cpu';
    const machine = cpu === 'x64' ? 'x86_64' : 'aarch64';
    return {
      tensorflow: wheel(project, ...manylinuxTags(machine)),
      libraries: LINUX_LIBRARIES,
      gpu,
      roomNeeded: gpu ? 12 * GB : 1.5 * GB,
    };
  }
  throw new Error(`TensorFlow ${TENSORFLOW_VERSION} has no package for ${place}: use the engine onnx.`);
}

function requireGlibc(version: string | undefined): void {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 27)) return;
  throw new Error(
    `TensorFlow needs glibc 2.27 or later, and this system has ${version === undefined ? 'another C library' : `glibc ${version}`}: use the engine onnx.`,
  );
}

/** Any wheel for glibc 2.27 or older: NVIDIA's ask for less than TensorFlow's. */
const manylinuxTags = (machine: string): string[] => [
  ...[27, 24, 17, 12, 5].map((minor) => `manylinux_2_${minor}_${machine}`),
  `manylinux2014_${machine}`,
];
