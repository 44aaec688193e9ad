import { fileURLToPath } from 'node:url';

/** What the crop pool's threads run: it lies beside the bundle of this program. */
export const cropWorkerFile = fileURLToPath(new URL('cropWorker.cjs', import.meta.url));
