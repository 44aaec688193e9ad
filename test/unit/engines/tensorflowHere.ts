/** For tests that run TensorFlow itself: they are skipped by name where it is not installed, unless it has to be. */
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';

const isInstalled = findInstallation() !== undefined;
if (!isInstalled && process.env['DINO_REQUIRE_TENSORFLOW'] === '1') {
  throw new Error(
    'DINO_REQUIRE_TENSORFLOW is set and TensorFlow is not installed: run `dino engines install tensorflow`.',
  );
}

/** For `describe.skipIf` and `it.skipIf`. */
export const tensorflowIsMissing = !isInstalled;

/** To append to the name of what may be skipped. */
export const whySkipped = isInstalled ? '' : ' (skipped: TensorFlow is not installed here)';
