/** Every format that networks are exported in. */
import type { ExportFormat } from '../exportFormat.js';
import { huggingFace } from './huggingFace.js';
import { onnx } from './onnx.js';
import { pth } from './pth.js';
import { safetensors } from './safetensors.js';
import { savedModel } from './savedModel.js';
import { timm } from './timm.js';

export const EXPORT_FORMATS: readonly ExportFormat[] = [safetensors, pth, timm, huggingFace, onnx, savedModel];

/** @throws Error that lists them, for a name that none has */
export function exportFormat(name: string, formats = EXPORT_FORMATS): ExportFormat {
  const format = formats.find((one) => one.name === name);
  if (format !== undefined) return format;
  throw new Error(
    `There is no format ${name}: a network is exported as ${formats.map(({ name }) => name).join(', ')}.`,
  );
}
