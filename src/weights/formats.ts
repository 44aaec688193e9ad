/** Every format that weights are read from. */
import type { WeightFormat } from './format.js';
import { safetensorsFormat } from './safetensorsFormat.js';
import { shardsOf } from './shards.js';
import { torchLegacyFormat } from './torchLegacy.js';
import { torchZipFormat } from './torchZip.js';

/** Formats of a single file. */
const FILE_FORMATS: readonly WeightFormat[] = [safetensorsFormat, torchZipFormat, torchLegacyFormat];

/** A file is of the first that recognizes it. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [...FILE_FORMATS, shardsOf(FILE_FORMATS)];

/** Endings of all formats, without the dot. */
export const WEIGHTS_ENDINGS: readonly string[] = [...new Set(WEIGHT_FORMATS.flatMap(({ endings }) => endings))];
