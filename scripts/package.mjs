// npm run package: dino-lab-<version>.vsix for this platform.
import process from 'node:process';
import { packageExtension } from './packageExtension.mjs';
import { build } from './setup.mjs';

try {
  await build();
  await packageExtension();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
