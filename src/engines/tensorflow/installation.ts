/** Where the TensorFlow that this machine uses lies: one that DINO Lab installed, else what npm itself could install. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { storageFolder } from '../storage.js';

export interface Installation {
  /** Absolute path of `tfjs_binding.node`, which finds TensorFlow's libraries by itself. */
  readonly binding: string;
  /** TensorFlow's version, e.g. `2.21.0`. */
  readonly tensorflow: string;
  /** Whether it has kernels for NVIDIA GPUs; not whether there is one. */
  readonly gpu: boolean;
  /** Whether the binding reads how a session is configured (`sessionConfig.h`). Else parts of a step use more threads than they should. */
  readonly readsConfig: boolean;
  /** The folder that holds all of it. With `gpu`, NVIDIA's libraries lie in its `nvidia`, as in Python's site-packages. */
  readonly directory: string;
}

/** Relative to `directory`, where tfjs-node itself keeps it. */
export const BINDING_FILE = path.join('lib', 'napi-v8', 'tfjs_binding.node');

/** All that `installation.ts` and the installer keep: `current.json`, a folder an installation, and downloads. */
export const tensorflowFolder = (storage: string): string => path.join(storage, 'tensorflow');

/** `current.json` names the folder (beside it) of the installation that is in use. */
export const currentFile = (storage: string): string => path.join(tensorflowFolder(storage), 'current.json');

export type Current = z.infer<typeof currentSchema>;
const currentSchema = z.object({
  /** Since 2 the binding reads how a session is configured. */
  schema: z.literal([1, 2]),
  folder: z.string().regex(/^[\w.-]+$/),
  tensorflow: z.string(),
  gpu: z.boolean(),
});

/** Whether DINO Lab has installed it: of others it is not known how they were built. */
export const isOwn = ({ directory }: Installation): boolean => path.basename(path.dirname(directory)) === 'tensorflow';

/** The installation that this machine uses; undefined where there is none. */
export const findInstallation = (storage = storageFolder()): Installation | undefined =>
  findOwnInstallation(storage) ?? findNpmsInstallation();

/**
 * The one that DINO Lab has installed, if it has.
 *
 * A `current.json` that cannot be read, or whose folder is gone, is as good as none: installing again mends it.
 */
export function findOwnInstallation(storage: string): Installation | undefined {
  try {
    const { schema, folder, tensorflow, gpu } = currentSchema.parse(
      JSON.parse(readFileSync(currentFile(storage), 'utf8')),
    );
    const directory = path.join(tensorflowFolder(storage), folder);
    const binding = path.join(directory, BINDING_FILE);
    return existsSync(binding) ? { binding, tensorflow, gpu, readsConfig: schema >= 2, directory } : undefined;
  } catch {
    return undefined;
  }
}

/** Upstream's own binaries, where npm was allowed to run the package's install script and its download succeeded. */
function findNpmsInstallation(): Installation | undefined {
  const require = createRequire(import.meta.url);
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      const directory = path.dirname(require.resolve(`${name}/package.json`));
      const binding = path.join(directory, BINDING_FILE);
      if (!existsSync(binding)) continue;
      const { LIBTENSORFLOW_VERSION } = z
        .object({ LIBTENSORFLOW_VERSION: z.string() })
        .parse(require(path.join(directory, 'scripts', 'deps-constants.js')));
      return { binding, tensorflow: LIBTENSORFLOW_VERSION, gpu: name.endsWith('-gpu'), readsConfig: false, directory };
    } catch {
      // Not installed, or laid out otherwise: the next one.
    }
  }
  return undefined;
}
