/** Parquet: the columns `name`, `class` and `features`, a list of float32. A block is a row group. */
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { writeAside } from '../../files/asideFile.js';
import type { FeatureForm } from './form.js';

/** As the format wants lists of what is never absent. */
const SCHEMA: ConstructorParameters<typeof ParquetWriter>[0]['schema'] = [
  { name: 'root', num_children: 3 },
  { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'class', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'features', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

export const parquet: FeatureForm = {
  ending: '.parquet',
  async write(file, { dim, blocks }) {
    await writeAside(file, async (_, path) => {
      const writer = new ParquetWriter({ writer: fileWriter(path), schema: SCHEMA, createdBy: 'dino-lab' });
      for await (const { names, classes, rows } of blocks()) {
        await writer.write({
          rowGroupSize: names.length,
          columnData: [
            { name: 'name', data: [...names] },
            { name: 'class', data: [...classes] },
            {
              name: 'features',
              data: names.map((_, row) => Array.from(rows.subarray(row * dim, (row + 1) * dim))),
              // Features do not get smaller by it, and hardly any number comes twice.
              codec: 'UNCOMPRESSED',
              encoding: 'PLAIN',
              statistics: false,
            },
          ],
        });
      }
      await writer.finish();
    });
    return [file];
  },
};
