"""Loads exports with TensorFlow. Reads a list of exports, writes the features that it computes."""
import json
import sys

import tensorflow as tf
from safetensors.numpy import load_file

with open(sys.argv[1]) as file:
    exports = json.load(file)
inputs = load_file(exports['images'])
computed = {}
for export in exports['exports']:
    if export['format'] != 'savedmodel':
        continue
    model = tf.saved_model.load(export['path']).signatures['serving_default']
    features = {
        size: model(images=tf.constant(inputs[f'image_{size}']))['features'].numpy().tolist()
        for size in export['allSizes']
    }
    computed[export['id']] = {'library': f'tensorflow {tf.__version__}', 'features': features}
with open(sys.argv[2], 'w') as file:
    json.dump(computed, file)
