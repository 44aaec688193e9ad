import { realpath, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { patchAt, placeOf } from '../attention/patches.js';
import { attentionOf } from '../attention/queriesAndKeys.js';
import { AttentionModels } from '../evaluation/attentionModels.js';
import { drawAttention } from '../evaluation/attentionPicture.js';
import { fileProblem } from '../files/fileProblem.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  loadOptions,
  type PicturePoint,
  parseCount,
  parsePoint,
  parseShare,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface AttentionOptions extends OutputOptions, CheckpointOptions {
  readonly out: string;
  readonly threshold?: number;
  readonly resolution?: number;
  readonly block?: number;
  readonly query?: PicturePoint;
  readonly engine?: EngineChoice;
}

/** `dino attention IMAGE`: a PNG of what each head of a block attends to. */
export const attentionCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('attention')
        .description('draw what the teacher attends to in a picture: the picture, the mean over the heads, each head')
        .argument('<image>', 'the picture'),
    )
      .requiredOption('--out <png>', 'the PNG to write')
      .option(
        '--threshold <share>',
        'add a row of masks that keep this share of the attention, such as 0.6',
        parseShare,
      )
      .option('--resolution <pixels>', "side that the picture is resized to (default: the network's own)", parseCount)
      .option('--block <n>', 'the block that attends, from 1 (default: the last one)', parseCount)
      .option(
        '--query <x,y>',
        'draw what the patch under this pixel of the picture attends to (default: the CLS token)',
        parsePoint,
      )
      .addOption(engineOption()),
  ).action(async (image: string, options: AttentionOptions) => {
    const { checkpoint, out, threshold, resolution, block, query: point, engine } = options;
    if (await isSameFile(image, out)) throw new Error(`${out} is the picture itself: choose another file to write.`);
    const models = new AttentionModels();
    try {
      const answer = await models.attention({
        checkpoint,
        picture: { kind: 'file', path: image },
        ...(resolution !== undefined && { resolution }),
        ...loadOptions(options),
        ...(block !== undefined && { block: block - 1 }),
        ...(engine !== undefined && { engine }),
      });
      writeNotes(answer.notes);
      const query = point === undefined ? 'cls' : patchAt(answer, point);
      const maps = { ...answer, attention: attentionOf(answer, query) };
      const png = await drawAttention(maps, { ...(threshold !== undefined && { threshold }) });
      await writeFile(out, png).catch((error: unknown) => {
        throw new Error(`The picture ${out} cannot be written: ${fileProblem(error)}.`);
      });
      const { rows, columns, width, height, checkpointName, network = null, notes, step, blocks } = answer;
      const shown = { block: answer.block + 1, query: query === 'cls' ? query : placeOf(answer, query) };
      writeResult(
        options,
        {
          out,
          checkpoint: checkpointName,
          network,
          notes,
          step,
          heads: maps.heads,
          rows,
          columns,
          width,
          height,
          ...shown,
        },
        [
          `${out}: ${maps.heads} heads on ${rows} x ${columns} patches, block ${shown.block} of ${blocks}, by ${checkpointName}`,
        ],
      );
    } finally {
      await models.dispose();
    }
  });

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => realpath(path).catch(() => undefined)));
  return first !== undefined && first === second;
}
