import { emptyOrShort, otherKind } from './fileKind.js';
import type { WeightFormat } from './format.js';
import { FileFault, type OpenFile } from './openFile.js';

/** What a file is begins so far into it. */
const HEAD_BYTES = 512;

/**
 * What a file is by its first bytes: names and endings say nothing (a file in Hugging Face's cache has none). It is of the first format
 * that recognizes it.
 * @throws FileFault that says what a file is that holds no weights, or none that can be read
 */
export function formatOf(file: OpenFile, formats: readonly WeightFormat[]): WeightFormat {
  const head = Buffer.from(file.head(HEAD_BYTES));
  const fault = emptyOrShort(head);
  if (fault !== undefined) throw new FileFault(fault);
  const format = formats.find((format) => format.recognizes(head));
  if (format === undefined)
    throw new FileFault(
      otherKind(
        head,
        formats.map(({ name }) => name),
      ),
    );
  return format;
}
