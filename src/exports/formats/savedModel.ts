/** TensorFlow's SavedModel, with the weights inside the graph and one signature. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anySizeSavedModel } from '../../compile/tensorflow/anySizeModel.js';
import { type ExportFormat, headNote, quoted } from '../exportFormat.js';
import { namedOutputs, sizeNotes, tracedNetwork } from '../tracedNetwork.js';

export const savedModel: ExportFormat = {
  name: 'savedmodel',
  title: 'TensorFlow SavedModel',
  purpose: 'a folder for TensorFlow, TensorFlow Serving and tfjs-node: features, patch tokens and attention',
  ending: 'folder',
  write: async (exported, path, named) => {
    const sized = await tracedNetwork(exported, 'TensorFlow');
    await mkdir(path);
    const model = anySizeSavedModel(sized, exported.network.parameters, namedOutputs(exported));
    await writeFile(join(path, 'saved_model.pb'), model);
    return {
      notes: [...headNote(exported), ...sizeNotes(exported)],
      language: 'python',
      code: [
        'import tensorflow as tf',
        `model = tf.saved_model.load(${quoted(named)}).signatures["serving_default"]`,
        'features = model(images=tf.constant(images))["features"]',
      ],
    };
  },
};
