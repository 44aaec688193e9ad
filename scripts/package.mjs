// npm run package: dino-lab-<version>.vsix for this platform.
import { packageExtension } from './packageExtension.mjs';
import { build } from './setup.mjs';

await build();
await packageExtension();
