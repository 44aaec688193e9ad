import { openOnnxEngine } from '../../../src/engines/onnx.js';

export const onnxEngine = openOnnxEngine('cpu');
