import { Command } from 'commander';
import { patchAt, placeOf } from '../attention/patches.js';
import { mostSimilarPatch, patchSimilarities, unitFeatures, unitOf } from '../attention/patchFeatures.js';
import { AttentionModels } from '../evaluation/attentionModels.js';
import { drawPatches } from '../evaluation/patchesImage.js';
import type { ImagePatches } from '../protocol/worker.js';
import { counted } from '../text/counted.js';
import { parseImageOut, writeImage } from './imageOut.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  type ImagePoint,
  loadOptions,
  parseCount,
  parsePoint,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { isSameFile } from './sameFile.js';
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface PatchesOptions extends OutputOptions, CheckpointOptions {
  readonly out: string;
  readonly resolution?: number;
  readonly query?: ImagePoint;
  readonly engine?: EngineChoice;
}

/** `dino patches IMAGE...`: the patch features of images, as colors by their principal components. */
export const patchesCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('patches')
        .description(
          'draw the patch features of images, a row for each: the image, its patches colored by the principal components of all images together, and the foreground alone (the patches above 0 on the first component)',
        )
        .argument('<images...>', 'the images'),
    )
      .requiredOption('--out <file>', 'the image to write: .png, .jpg or .webp', parseImageOut)
      .option('--resolution <pixels>', "side that each image is resized to (default: the network's own)", parseCount)
      .option(
        '--query <x,y>',
        'add how similar each patch of each image is to the patch under this pixel of the first image',
        parsePoint,
      )
      .addOption(engineOption()),
  ).action(async (images: readonly string[], options: PatchesOptions) => {
    const { checkpoint, out, resolution, engine } = options;
    for (const image of images) {
      if (await isSameFile(image, out)) throw new Error(`${out} is one of the images: choose another file to write.`);
    }
    const models = new AttentionModels();
    try {
      const answer = await models.patches({
        checkpoint,
        images: images.map((path) => ({ image: { kind: 'file', path } })),
        ...(resolution !== undefined && { resolution }),
        ...loadOptions(options),
        ...(engine !== undefined && { engine }),
      });
      const { images: seen, explained, isParted } = answer;
      const [first] = seen as readonly [ImagePatches, ...ImagePatches[]];
      writeNotes(first.notes);
      const compared = options.query && comparison(seen, first, options.query);
      const png = await drawPatches(seen, compared?.similarities);
      await writeImage(out, png);
      const { rows, columns, dim, width, height, checkpointName, network = null, notes, step } = first;
      const sizes = { rows, columns, dim, width, height };
      writeResult(
        options,
        {
          out,
          checkpoint: checkpointName,
          network,
          notes,
          step,
          ...sizes,
          explained,
          isParted,
          query: compared?.query ?? null,
          images: seen.map((image, index) => ({
            image: images[index],
            foreground: foregroundCount(image),
            ...(compared && { match: compared.matches[index] }),
          })),
        },
        [
          `${out}: ${counted(seen.length, 'image')}, ${rows} x ${columns} patches of ${dim} numbers each, by ${checkpointName}`,
          isParted
            ? `The first component has ${Math.round(100 * explained)} % of the variance; ${seen.map(foregroundCount).join(', ')} patches are in the foreground.`
            : 'The first component does not tell foreground from background: all patches count as foreground.',
        ],
      );
    } finally {
      await models.dispose();
    }
  });

const foregroundCount = ({ foreground }: ImagePatches): number => foreground.reduce((sum, one) => sum + one, 0);

/** Of the patch under a point of the first image with all patches. */
function comparison(images: readonly ImagePatches[], first: ImagePatches, point: ImagePoint) {
  const patch = patchAt(first, point);
  const asked = unitOf(unitFeatures(first), first.dim, patch);
  const similarities = images.map((image) => patchSimilarities(unitFeatures(image), asked));
  const matches = images.map((image, index) => {
    const values = similarities[index] as Float32Array;
    const best = mostSimilarPatch(values);
    return { ...placeOf(image, best), similarity: values[best] as number };
  });
  return { query: placeOf(first, patch), similarities, matches };
}
