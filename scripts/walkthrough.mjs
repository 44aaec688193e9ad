// npm run walkthrough: some of the walkthrough's and the READMEs' images, from those that the workbench tests have just made of
// the real views.
import path from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { root } from './setup.mjs';

const shots = path.join(root, 'test', 'workbench', 'shots');

/** File in media, the test's screenshot, and the part of it that is shown; absent: all of it. */
const screenshots = [
  { name: 'walkthrough/folder', shot: 'welcome', part: { left: 48, top: 36, width: 300, height: 500 } },
  { name: 'walkthrough/train', shot: 'presets', part: { left: 0, top: 0, width: 960, height: 400 } },
  { name: 'crops', shot: 'previews-settings' },
];

for (const { name, shot, part } of screenshots) {
  const [from, to] = [path.join(shots, `${shot}.png`), path.join(root, 'media', `${name}.png`)];
  try {
    const shown = part === undefined ? sharp(from) : sharp(from).extract(part);
    // Few colors are enough for what is mostly words.
    await shown.png({ palette: true, compressionLevel: 9 }).toFile(to);
  } catch (error) {
    console.error(`${from} cannot be used (${String(error)}): npm run test:workbench makes it.`);
    process.exitCode = 1;
  }
}
