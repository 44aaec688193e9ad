import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { AttentionModels } from '../evaluation/attentionModels.js';
import { drawAttention } from '../evaluation/attentionPicture.js';
import { fileProblem } from '../files/fileProblem.js';
import { type EngineChoice, engineOption, headsOption, parseCount, parseShare, withOutputOptions } from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

interface AttentionOptions extends OutputOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly threshold?: number;
  readonly resolution?: number;
  readonly heads?: number;
  readonly engine?: EngineChoice;
}

/** `dino attention IMAGE`: a PNG of what each head of the last block attends to. */
export const attentionCommand = (): Command =>
  withOutputOptions(
    new Command('attention')
      .description('draw what the teacher attends to in a picture: the picture, the mean over the heads, each head')
      .argument('<image>', 'the picture')
      .requiredOption('--checkpoint <path>', 'a run, a checkpoint folder, a .safetensors or a .pth')
      .requiredOption('--out <png>', 'the PNG to write')
      .option(
        '--threshold <share>',
        'add a row of masks that keep this share of the attention, such as 0.6',
        parseShare,
      )
      .option('--resolution <pixels>', "side that the picture is resized to (default: the network's own)", parseCount)
      .addOption(headsOption())
      .addOption(engineOption()),
  ).action(async (image: string, options: AttentionOptions) => {
    const { checkpoint, out, threshold, resolution, heads, engine } = options;
    const models = new AttentionModels();
    try {
      const maps = await models.attention({
        checkpoint,
        image,
        ...(resolution !== undefined && { resolution }),
        ...(heads !== undefined && { numHeads: heads }),
        ...(engine !== undefined && { engine }),
      });
      const png = await drawAttention(maps, { ...(threshold !== undefined && { threshold }) });
      await writeFile(out, png).catch((error: unknown) => {
        throw new Error(`The picture ${out} cannot be written: ${fileProblem(error)}.`);
      });
      const { rows, columns, width, height, checkpointName, step } = maps;
      writeResult(options, { out, checkpoint: checkpointName, step, heads: maps.heads, rows, columns, width, height }, [
        `${out}: ${maps.heads} heads on ${rows} x ${columns} patches, by ${checkpointName}`,
      ]);
    } finally {
      await models.dispose();
    }
  });
