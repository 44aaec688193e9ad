/** An ONNX model for any runtime: ONNX Runtime in each language, browsers, OpenVINO, TensorRT. */
import { writeFile } from 'node:fs/promises';
import { anySizeOnnxModel } from '../../compile/onnx/anySizeModel.js';
import { type Exported, type ExportFormat, headNote, quoted } from '../exportFormat.js';
import { namedOutputs, sizeNotes, tracedNetwork } from '../tracedNetwork.js';

export const onnx: ExportFormat = {
  name: 'onnx',
  title: 'ONNX',
  purpose: 'a model for ONNX Runtime in any language, and for browsers: features, patch tokens and attention',
  ending: 'onnx',
  write: async (exported, path, named) => {
    const outputs = namedOutputs(exported);
    await writeFile(path, await onnxModelOf(exported, 'images', outputs));
    const [features, second] = Object.values(outputs);
    return {
      notes: [...headNote(exported), ...sizeNotes(exported)],
      language: 'python',
      code: [
        'import onnxruntime',
        `session = onnxruntime.InferenceSession(${quoted(named)})`,
        `${features}, ${second} = session.run([${quoted(features ?? '')}, ${quoted(second ?? '')}], {"images": images})`,
      ],
    };
  },
};

/** @param outputs names in the model, by the program's */
export async function onnxModelOf(
  exported: Exported,
  images: string,
  outputs: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const sized = await tracedNetwork(exported, 'ONNX');
  const weight = (name: string) => name.replace(/^backbone\./, '');
  return anySizeOnnxModel(sized, exported.network.parameters, { images, outputs, weight });
}
