/** TensorFlow with two processors in the place of two GPUs: the installed libraries, and tfjs-node's binding asking for them. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { compileBinding, findCompiler } from '../../../src/engines/tensorflow/install/compile.js';
import { choosePlatform, thisMachine } from '../../../src/engines/tensorflow/install/platform.js';
import { currentFile, findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { bindingSources } from './bindingSources.js';

/** ConfigProto with `device_count { key: "CPU" value: 2 }`. */
const TWO_CPUS = `
#pragma once
#include "tensorflow/c/c_api.h"
static inline TF_SessionOptions *WithTwoCpus() {
  static const char config[] = {0x0a, 0x07, 0x0a, 0x03, 'C', 'P', 'U', 0x10, 0x02};
  TF_SessionOptions *options = TF_NewSessionOptions();
  TF_Status *status = TF_NewStatus();
  TF_SetConfig(options, config, sizeof(config), status);
  TF_DeleteStatus(status);
  return options;
}
#define TF_NewSessionOptions WithTwoCpus
`;

/** The devices that it has. */
export const TWO_DEVICES = ['/device:CPU:0', '/device:CPU:1'] as const;

/** Makes an empty folder a storage folder with such an installation. */
async function installTwoDevices(storage: string): Promise<void> {
  const installed = findInstallation();
  if (installed === undefined) throw new Error('TensorFlow is not installed.');
  const directory = path.join(storage, 'tensorflow', 'cpu-two');
  mkdirSync(directory, { recursive: true });
  symlinkSync(path.join(installed.directory, 'tensorflow'), path.join(directory, 'tensorflow'));
  const { signal } = new AbortController();
  const header = path.join(storage, 'twoCpus.h');
  writeFileSync(header, TWO_CPUS);
  const compiler = path.join(storage, 'compiler');
  writeFileSync(compiler, `#!/bin/sh\nexec ${await findCompiler(signal)} -include ${header} "$@"\n`);
  chmodSync(compiler, 0o755);
  await compileBinding(compiler, directory, bindingSources, choosePlatform(thisMachine(), false), {
    signal,
    logFile: 'the log',
    onProgress: () => undefined,
    onLog: () => undefined,
  });
  const current = { schema: 2, folder: 'cpu-two', tensorflow: installed.tensorflow, gpu: false };
  writeFileSync(currentFile(storage), JSON.stringify(current));
}

/** TensorFlow on two devices and on one, from an installation that `remove` takes away. The batches are sent ahead where they are asked to be. */
export async function openTwoDevices({ sendAhead }: { readonly sendAhead: boolean }) {
  const storage = mkdtempSync(path.join(tmpdir(), 'dino-two-devices-'));
  await installTwoDevices(storage);
  vi.stubEnv('DINO_STORAGE', storage);
  return {
    two: openTensorFlowEngine({ form: 'plain', devices: { names: TWO_DEVICES, addBy: 'copies', sendAhead } }),
    one: openTensorFlowEngine({ form: 'plain' }),
    remove: () => {
      vi.unstubAllEnvs();
      rmSync(storage, { recursive: true });
    },
  };
}
