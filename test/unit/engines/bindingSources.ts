import path from 'node:path';
import type { BindingSources } from '../../../src/engines/tensorflow/install/compile.js';

/** What the build copies into dist/, from where it copies it. */
export const bindingSources: BindingSources = {
  binding: path.resolve('node_modules/@tensorflow/tfjs-node-gpu/binding'),
  nodeApi: path.resolve('node_modules/node-api-headers/include'),
  sessionConfig: path.resolve('src/engines/tensorflow/install/sessionConfig.h'),
};
