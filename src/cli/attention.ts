import { Command } from 'commander';
import { activationNorms, activationSimilarities } from '../attention/activations.js';
import { patchAt, placeOf } from '../attention/patches.js';
import { attentionOf } from '../attention/queriesAndKeys.js';
import { drawMaps, everyHead } from '../evaluation/attentionImage.js';
import { AttentionModels } from '../evaluation/attentionModels.js';
import type { ActivationsAnswer, AttentionAnswer } from '../protocol/worker.js';
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
  parseShare,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { isSameFile } from './sameFile.js';
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface AttentionOptions extends OutputOptions, CheckpointOptions {
  readonly out: string;
  readonly threshold?: number;
  readonly resolution?: number;
  readonly block?: number;
  readonly query?: ImagePoint;
  readonly engine?: EngineChoice;
}

/** `dino attention IMAGE`: an image of what each head of a block attends to, or of a ResNet's activations. */
export const attentionCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('attention')
        .description(
          "draw what the teacher attends to in an image: the image, the mean over the heads, each head; of a ResNet, its last stage's activations",
        )
        .argument('<image>', 'the image'),
    )
      .requiredOption('--out <file>', 'the image to write: .png, .jpg or .webp', parseImageOut)
      .option(
        '--threshold <share>',
        'add a row of masks that keep this share of the attention, such as 0.6',
        parseShare,
      )
      .option('--resolution <pixels>', "side that the image is resized to (default: the network's own)", parseCount)
      .option('--block <n>', 'the block that attends, from 1 (default: the last one)', parseCount)
      .option(
        '--query <x,y>',
        'draw what the patch under this pixel of the image attends to (default: the CLS token), or which activations of a ResNet are similar to those there',
        parsePoint,
      )
      .addOption(engineOption()),
  ).action(async (image: string, options: AttentionOptions) => {
    const { checkpoint, out, resolution, block, engine } = options;
    if (await isSameFile(image, out)) throw new Error(`${out} is the image itself: choose another file to write.`);
    const models = new AttentionModels();
    try {
      const answer = await models.attention({
        checkpoint,
        image: { kind: 'file', path: image },
        ...(resolution !== undefined && { resolution }),
        ...loadOptions(options),
        ...(block !== undefined && { block: block - 1 }),
        ...(engine !== undefined && { engine }),
      });
      writeNotes(answer.notes);
      const drawn = answer.kind === 'attention' ? attentionDrawn(answer, options) : activationsDrawn(answer, options);
      await writeImage(out, await drawn.png);
      const { kind, rows, columns, width, height, checkpointName, network = null, notes, step } = answer;
      writeResult(
        options,
        { out, checkpoint: checkpointName, network, notes, step, kind, rows, columns, width, height, ...drawn.result },
        [`${out}: ${drawn.line}`],
      );
    } finally {
      await models.dispose();
    }
  });

interface Drawn {
  readonly png: Promise<Buffer>;
  /** What the result says of it alone. */
  readonly result: Readonly<Record<string, unknown>>;
  readonly line: string;
}

function attentionDrawn(answer: AttentionAnswer, { threshold, query: point }: AttentionOptions): Drawn {
  const { heads, rows, columns, blocks, checkpointName } = answer;
  const query = point === undefined ? 'cls' : patchAt(answer, point);
  const block = answer.block + 1;
  return {
    png: drawMaps(
      everyHead({ ...answer, attention: attentionOf(answer, query) }),
      threshold === undefined ? {} : { threshold },
    ),
    result: { heads, block, query: query === 'cls' ? query : placeOf(answer, query) },
    line: `${counted(heads, 'head')} on ${rows} x ${columns} patches, block ${block} of ${blocks}, by ${checkpointName}`,
  };
}

/** @throws Error where something is wanted that attention alone has */
function activationsDrawn(answer: ActivationsAnswer, { block, threshold, query: point }: AttentionOptions): Drawn {
  const { channels, rows, columns, checkpointName } = answer;
  const unmet = [...(block === undefined ? [] : ['--block']), ...(threshold === undefined ? [] : ['--threshold'])];
  if (unmet.length > 0)
    throw new Error(`${checkpointName} is a ResNet, which has no attention: leave out ${unmet.join(' and ')}.`);
  const query = point && patchAt(answer, point);
  const values = query === undefined ? activationNorms(answer) : activationSimilarities(answer, query);
  const what = query === undefined ? 'norm of' : 'cosine similarity to one of';
  return {
    png: drawMaps({ ...answer, maps: [values] }),
    result: { channels, query: query === undefined ? null : placeOf(answer, query) },
    line: `${what} the last stage's activations (${channels} channels at ${rows} x ${columns} places), as a ResNet has no attention, by ${checkpointName}`,
  };
}
