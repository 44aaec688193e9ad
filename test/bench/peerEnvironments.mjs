// Where the benchmark's peers come from: a Python with PyTorch, and one with lightly-train.
import { fileURLToPath } from 'node:url';
import { pythonOf } from '../../scripts/pythonEnvironment.mjs';

const requirements = (/** @type {string} */ file) => ['--requirement', fileURLToPath(new URL(file, import.meta.url))];

/** @returns {Promise<string>} see `pythonOf` */
export const torchPython = () =>
  pythonOf({
    library: 'PyTorch',
    imports: 'torch, torchvision',
    variable: 'DINO_TORCH_PYTHON',
    folder: 'torch',
    packages: requirements('requirements-torch.txt'),
  });

/** @returns {Promise<string>} see `pythonOf` */
export const lightlyPython = () =>
  pythonOf({
    library: 'lightly-train',
    imports: 'lightly_train, timm',
    variable: 'DINO_LIGHTLY_PYTHON',
    folder: 'lightly-train',
    packages: requirements('requirements-lightly.txt'),
  });
