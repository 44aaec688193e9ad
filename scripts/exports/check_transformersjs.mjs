// Loads exports with transformers.js. Reads a list of exports, writes the features that it computes.
// It is copied beside the packages that it needs, since they are not this repository's.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
// @ts-expect-error: installed where this file is copied to
import { AutoModel, AutoProcessor, env, Tensor } from '@huggingface/transformers';

env.allowRemoteModels = false;
const [, , listFile = '', outFile = ''] = process.argv;
const { exports, images } = JSON.parse(readFileSync(listFile, 'utf8'));
const inputs = tensorsIn(images);
/** @type {Record<string, unknown>} */
const computed = {};
for (const { id, format, path: folder, allSizes } of exports) {
  if (format !== 'huggingface') continue;
  env.localModelPath = path.dirname(folder);
  const name = path.basename(folder);
  await AutoProcessor.from_pretrained(name);
  const model = await AutoModel.from_pretrained(name, { dtype: 'fp32' });
  /** @type {Record<string, number[][]>} */
  const features = {};
  for (const size of allSizes) {
    const { data, shape } = inputs[`image_${size}`] ?? {};
    const { last_hidden_state: tokens, pooler_output: pooled } = await model({
      pixel_values: new Tensor('float32', data, shape),
    });
    const rows = (pooled ?? tokens).tolist();
    features[size] = rows.map((/** @type {any} */ row) => (pooled ? row.flat(2) : row[0]));
  }
  await model.dispose();
  computed[id] = { library: `transformers.js ${env.version}`, features };
}
writeFileSync(outFile, JSON.stringify(computed));

/** @returns {Record<string, { data: Float32Array, shape: number[] }>} */
function tensorsIn(/** @type {string} */ file) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          shape,
          data_offsets: [begin, end],
        },
      ]) => [
        name,
        {
          shape,
          data: new Float32Array(
            bytes.buffer.slice(bytes.byteOffset + 8 + length + begin, bytes.byteOffset + 8 + length + end),
          ),
        },
      ],
    ),
  );
}
