/** Tries a binding in a process of its own: a library that does not suit this machine may take its process down. */
import { z } from 'zod';
import { runProgram } from '../../runProgram.js';
import type { Work } from './progress.js';

/** [[1, 2], [3, 4]] times itself, by TensorFlow's own kernel; the last line of stdout tells what came of it. */
const TRIAL = `
  const tf = require(process.argv[1]);
  const matrix = tf.createTensor([2, 2], tf.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
  const attributes = [
    { name: 'transpose_a', type: tf.TF_ATTR_BOOL, value: false },
    { name: 'transpose_b', type: tf.TF_ATTR_BOOL, value: false },
    { name: 'T', type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT },
  ];
  const [product] = tf.executeOp('MatMul', attributes, [matrix, matrix], 1);
  const values = [...tf.tensorDataSync(product.id)];
  console.log(JSON.stringify({ version: tf.TF_Version, usesGpu: tf.isUsingGpuDevice(), values }));
`;

const answerSchema = z.object({ version: z.string(), usesGpu: z.boolean(), values: z.array(z.number()) });

export interface TrialResult {
  /** TensorFlow's own word on its version. */
  readonly version: string;
  readonly usesGpu: boolean;
}

/** @throws Error with one sentence when the binding cannot be loaded or computes something else */
export async function tryBinding(binding: string, work: Work): Promise<TrialResult> {
  work.onProgress({ text: 'trying TensorFlow' });
  const { exitCode, lines } = await runProgram(process.execPath, ['-e', TRIAL, binding], {
    signal: work.signal,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true', NODE_OPTIONS: '' },
    onLine: work.onLog,
  });
  const answer = answerSchema.safeParse(parseJson(lines.findLast((line) => line.startsWith('{'))));
  if (exitCode !== 0 || !answer.success) {
    const words = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? `exit code ${exitCode}`;
    throw new Error(
      `TensorFlow was built, but it does not run here (${words.trim()}): use the engine onnx. All that it said is in ${work.logFile}.`,
    );
  }
  const { version, usesGpu, values } = answer.data;
  if (values.join() !== '7,10,15,22')
    throw new Error(
      `TensorFlow was built, but it multiplies wrongly here (${values.join()} for 7,10,15,22): use the engine onnx.`,
    );
  return { version, usesGpu };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
