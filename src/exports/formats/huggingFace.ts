/**
 * A folder for Hugging Face's transformers, in Python and in browsers: config.json, preprocessor_config.json, model.safetensors, and for
 * transformers.js onnx/model.onnx.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statisticsOf } from '../../data/normalize.js';
import { outgoing } from '../../weights/outgoing.js';
import { writeSafetensorsFor } from '../../weights/safetensors.js';
import { type Exported, type ExportFormat, headNote, quoted } from '../exportFormat.js';
import { huggingFaceResnet } from '../huggingFace/resnet.js';
import { huggingFaceVit } from '../huggingFace/vit.js';
import { fitsOneFile } from '../tracedNetwork.js';
import { onnxModelOf } from './onnx.js';

export const huggingFace: ExportFormat = {
  name: 'huggingface',
  title: 'Hugging Face',
  purpose: 'a folder for transformers in Python, and for transformers.js in browsers',
  ending: 'folder',
  write: async (exported, path, named) => {
    const { backbone } = exported.network;
    const model = backbone.kind === 'vit' ? huggingFaceVit(exported, backbone) : huggingFaceResnet(exported, backbone);
    await mkdir(path);
    await writeSafetensorsFor(join(path, 'model.safetensors'), outgoing(model.tensors), { format: 'pt' });
    await writeJson(join(path, 'config.json'), model.config);
    await writeJson(join(path, 'preprocessor_config.json'), preprocessor(exported));
    const isInOneFile = fitsOneFile(exported);
    if (isInOneFile) {
      await mkdir(join(path, 'onnx'));
      await writeFile(join(path, 'onnx', 'model.onnx'), await onnxModelOf(exported, 'pixel_values', model.onnxOutputs));
    }
    return {
      notes: [
        ...headNote(exported),
        ...model.notes,
        isInOneFile
          ? `In browsers transformers.js loads it: AutoModel.from_pretrained(${quoted(named)}, { dtype: "fp32" }).`
          : 'It has no ONNX model for transformers.js, since its weights take more than 2 GB.',
      ],
      language: 'python',
      code: [
        'from transformers import AutoImageProcessor, AutoModel',
        `processor, model = AutoImageProcessor.from_pretrained(${quoted(named)}), AutoModel.from_pretrained(${quoted(named)}${model.loading})`,
        `features = model(**processor(image, return_tensors="pt")).${model.feature}`,
      ],
    };
  },
};

/** What transformers takes as a float alone, and no whole number. */
const FLOATS = /("(?:layer_norm_eps|layerscale_value)": -?\d+)(?=,?\n)/g;

const writeJson = (path: string, value: unknown) =>
  writeFile(path, `${JSON.stringify(value, null, 2).replaceAll(FLOATS, '$1.0')}\n`);

/** The original's transform: the shorter side to 256/224 of the size, bicubic, then the central square. */
function preprocessor({ network: { backbone } }: Exported): unknown {
  const { imageSize, inChans } = backbone;
  const { mean, std } = statisticsOf(inChans);
  return {
    image_processor_type: 'BitImageProcessor',
    do_convert_rgb: inChans === 3,
    do_resize: true,
    size: { shortest_edge: Math.round((imageSize * 256) / 224) },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: imageSize, width: imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}
