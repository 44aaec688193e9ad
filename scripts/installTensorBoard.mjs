import { pythonOf } from './pythonEnvironment.mjs';

/** @returns {Promise<string>} A Python that has TensorBoard. @throws Error when there is no Python, or it cannot be installed */
export const installTensorBoard = () =>
  pythonOf({
    library: 'TensorBoard',
    imports: 'tensorboard, numpy',
    variable: 'DINO_TENSORBOARD_PYTHON',
    folder: 'tensorboard',
    packages: ['tensorboard==2.21.0', 'protobuf==7.36.2', 'numpy==2.4.6'],
  });
