/** Tables as text: a line an image, a column a number. */
import { writeAside } from '../../files/asideFile.js';
import { csvLines } from '../../tables/csv.js';
import type { FeatureForm } from './form.js';

const table = (ending: string, delimiter: string): FeatureForm => ({
  ending,
  async write(file, { dim, blocks }) {
    await writeAside(file, async (handle) => {
      const columns = Array.from({ length: dim }, (_, d) => `f${d}`);
      await handle.writeFile(csvLines([['name', 'class', ...columns]], delimiter));
      for await (const { names, classes, rows } of blocks()) {
        const lines = names.map((name, row) => [name, classes[row], ...rows.subarray(row * dim, (row + 1) * dim)]);
        await handle.writeFile(csvLines(lines, delimiter));
      }
    });
    return [file];
  },
});

export const csv = table('.csv', ',');
export const tsv = table('.tsv', '\t');
