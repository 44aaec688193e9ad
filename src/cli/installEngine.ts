import { Argument, Command } from 'commander';
import { storageFolder } from '../engines/storage.js';
import { bundledSources } from '../engines/tensorflow/install/bundledSources.js';
import { installTensorFlow } from '../engines/tensorflow/install/install.js';
import type { Progress } from '../engines/tensorflow/install/progress.js';
import { withOutputOptions } from './options.js';
import { type OutputOptions, ProgressLine, writeResult } from './terminal.js';

interface InstallOptions extends OutputOptions {
  readonly gpu: boolean;
}

/** `dino engines install tensorflow`: TensorFlow for this machine; Ctrl-C keeps what has been downloaded. */
export const installEngineCommand = (): Command =>
  withOutputOptions(
    new Command('install')
      .description('install an engine into the storage folder of DINO Lab (DINO_STORAGE names another)')
      .addArgument(new Argument('<engine>').choices(['tensorflow']))
      .option('--gpu', "with NVIDIA's libraries, for its GPUs", false),
  ).action(async (_engine: string, _own: object, command: Command) => {
    // `dino engines` has --json and --verbose, too, and takes them wherever they stand.
    const options = command.optsWithGlobals<InstallOptions>();
    const line = new ProgressLine();
    const cancel = new AbortController();
    const onSignal = () => cancel.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const installed = await installTensorFlow({
        storage: storageFolder(),
        gpu: options.gpu,
        binding: bundledSources,
        signal: cancel.signal,
        onProgress: (progress) => show(progress, line),
      });
      const { tensorflow, gpu, usesGpu, directory } = installed;
      const kind = usesGpu ? 'on the GPU' : gpu ? 'with GPU kernels, but it has found no GPU' : 'on the CPU';
      line.end();
      writeResult(options, installed, [`TensorFlow ${tensorflow} is installed, ${kind}: ${directory}`]);
    } catch (error) {
      line.end();
      if (!cancel.signal.aborted) throw error;
      throw new Error('The installation was cancelled. What was downloaded is kept: run it again to go on.');
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  });

function show({ text, done, total }: Progress, line: ProgressLine): void {
  if (done === undefined || total === undefined) line.update(0, 1, text);
  else line.update(done, total, `${text}, ${megabytes(done)} of ${megabytes(total)} MB`);
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
