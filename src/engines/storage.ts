import path from 'node:path';
import envPaths from 'env-paths';

/**
 * Where DINO Lab keeps what belongs to the machine and to no run: engines that were installed, and how fast each is here.
 * The extension names the folder that VS Code gave it in `DINO_STORAGE`; without it, it is the user's folder for data.
 */
export const storageFolder = (): string =>
  path.resolve(process.env['DINO_STORAGE'] || envPaths('dino-lab', { suffix: '' }).data);
