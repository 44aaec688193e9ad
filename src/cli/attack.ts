import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { datasetNotes, openDataset } from '../data/dataset.js';
import type { Image } from '../data/image.js';
import { attackBlocks } from '../evaluation/copies/attackBlocks.js';
import { requireEmpty } from '../files/emptyFolder.js';
import { fileProblem } from '../files/fileProblem.js';
import { noteLeftOut } from './leftOutNote.js';
import { liesIn } from './liesIn.js';
import { parseCount, parseSeed, withOutputOptions } from './options.js';
import { type OutputOptions, ProgressLine, writeNotes, writeResult } from './terminal.js';

interface AttackOptions extends OutputOptions {
  readonly out: string;
  readonly originals?: number;
  readonly seed?: number;
}

/** `dino attack FOLDER --out DIR`: copies of images, changed in many ways, in the layout of Copydays. */
export const attackCommand = (): Command =>
  withOutputOptions(
    new Command('attack')
      .description(
        'make copies of images by attacks (crop, JPEG, blur, insertion, text, rotation, print and scan), each at several strengths, for `dino eval copies --copydays`',
      )
      .argument('<folder>', 'a folder of images, or an IDX file')
      .requiredOption('--out <folder>', 'a new or empty folder: original/, crop/10/, crop/30/, …')
      .option('--originals <n>', 'how many of the images, evenly spread (default: all)', parseCount)
      .option('--seed <n>', 'other attacks for another number (default: 0)', parseSeed),
  ).action(async (folder: string, options: AttackOptions) => {
    const { out, seed } = options;
    const dataset = await openDataset(folder);
    writeNotes(datasetNotes(dataset).map((note) => `${note}.`));
    requireOutside(out, dataset.path);
    requireEmpty(out, 'the copies');
    const line = new ProgressLine();
    noteLeftOut(line, dataset);
    const warnings: string[] = [];
    const by = {
      warn: (message: string) => {
        warnings.push(message);
        line.note(`warn: ${message}`);
      },
    };
    const { blocks } = await attackBlocks(dataset, { originals: options.originals ?? dataset.size, seed }, by);
    const digits = String(dataset.size).length;
    const total = blocks.reduce((sum, block) => sum + block.dataset.size, 0);
    let done = 0;
    try {
      for (const { name, dataset: images } of blocks) {
        await makeFolder(join(out, name));
        for (let image = 0; image < images.size; image++) {
          const file = join(out, name, `${String(image).padStart(digits, '0')}.png`);
          await write(await images.read(image, 3), file);
          line.update(++done, total, `${name}: ${image + 1}/${images.size}`);
        }
      }
    } finally {
      line.end();
    }
    const [originals] = blocks;
    const count = originals?.dataset.size ?? 0;
    writeResult(
      options,
      { folder, out, originals: count, blocks: blocks.map(({ name }) => name), unreadable: warnings.length },
      [`${out}: ${count} originals, ${total - count} copies by ${blocks.length - 1} attacks and strengths`],
    );
  });

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be made: ${fileProblem(error)}.`);
  });
}

async function write({ width, height, data }: Image, file: string): Promise<void> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeFile(file, png).catch((error: unknown) => {
    throw new Error(`${file} cannot be written: ${fileProblem(error)}.`);
  });
}

/** Copies among the images would be attacked, too, when the command runs again. */
function requireOutside(out: string, images: string): void {
  if (liesIn(out, images))
    throw new Error(
      `${out} is inside ${images}, where the next run would take the copies for images: choose a folder outside it.`,
    );
}
