/** Writes the untrained backbone of a preset's network, for the benchmarks that need some network of that size. */
import { parseArgs } from 'node:util';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { initializeNetwork } from '../../src/method/initialParameters.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { networkSpec } from '../../src/settings/specs.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';

const { values: options } = parseArgs({
  options: {
    preset: { type: 'string', default: 'small' },
    patch: { type: 'string', default: '16' },
    out: { type: 'string', default: '' },
  },
});

const { settings } = resolveSettings({ preset: options.preset, set: { patch_size: Number(options.patch) } });
const backbone = Object.entries(initializeNetwork(networkSpec(settings), settings.seed)).filter(([name]) =>
  name.startsWith('backbone.'),
);
writeSafetensors(options.out, Object.fromEntries(backbone)).catch((error: unknown) => {
  console.error(errorMessage(error));
  process.exitCode = 1;
});
