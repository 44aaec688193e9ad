/** Every format that weights are read from. */
import { emptyOrShort, otherKind } from './fileKind.js';
import type { WeightFormat } from './format.js';
import { FileFault, type OpenFile } from './openFile.js';
import { safetensorsFormat } from './safetensorsFormat.js';
import { torchLegacyFormat } from './torchLegacy.js';
import { torchZipFormat } from './torchZip.js';

/** A file is of the first that recognizes it. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [safetensorsFormat, torchZipFormat, torchLegacyFormat];

/** Endings of all formats, without the dot. */
export const WEIGHTS_ENDINGS: readonly string[] = [...new Set(WEIGHT_FORMATS.flatMap(({ endings }) => endings))];

/** What a file is begins so far into it. */
const HEAD_BYTES = 512;

/**
 * What a file is by its first bytes: names and endings say nothing (a file in Hugging Face's cache has none).
 * @throws FileFault that says what a file is that holds no weights, or none that can be read
 */
export function formatOf(file: OpenFile, formats = WEIGHT_FORMATS): WeightFormat {
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
