/** Forms that hold the numbers alone: a few bytes before them, and the names of the rows in a table beside the file. */
import { writeAside } from '../../files/asideFile.js';
import { csvLines } from '../../tables/csv.js';
import { namesFileOf } from '../featureFile.js';
import type { FeatureForm } from './form.js';

/** @param lead what comes before the float32 numbers, which are little-endian and row by row */
export const plainNumbers = (ending: string, lead: (rows: number, dim: number) => Uint8Array): FeatureForm => ({
  ending,
  async write(file, features) {
    const names = namesFileOf(file);
    // The names first: numbers are never there without them.
    await writeAside(names, async (handle) => {
      await handle.writeFile(csvLines([['name', 'class']], '\t'));
      for await (const block of features.blocks())
        await handle.writeFile(
          csvLines(
            block.names.map((name, row) => [name, block.classes[row]]),
            '\t',
          ),
        );
    });
    await writeAside(file, async (handle) => {
      await handle.writeFile(lead(features.count, features.dim));
      for await (const { rows } of features.blocks())
        await handle.writeFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    });
    return [file, names];
  },
});
