import { fileURLToPath } from 'node:url';
import type { BindingSources } from './compile.js';

/** What the binding is compiled from: it lies beside the bundle of this program, where the build has copied it. */
export const bundledSources: BindingSources = {
  binding: fileURLToPath(new URL('tensorflow/binding', import.meta.url)),
  nodeApi: fileURLToPath(new URL('tensorflow/node-api', import.meta.url)),
  sessionConfig: fileURLToPath(new URL('tensorflow/sessionConfig.h', import.meta.url)),
};
