/** Replays attention and the masks of it on an engine. */
import { attentionMask } from '../../../../src/attention/attentionMask.js';
import { attentionOf } from '../../../../src/attention/queriesAndKeys.js';
import type { Engine } from '../../../../src/engines/engine.js';
import { perPixel } from '../../../../src/evaluation/segmentation/masks.js';
import { queriesAndKeysProgram } from '../../../../src/method/backbones/vit/programs.js';
import { type Difference, exact, relative } from '../../difference.js';
import type { SegmentationReference } from './reference.js';

const LIMITS = { attention: 2e-5 };

export async function* replay(engine: Engine, reference: SegmentationReference): AsyncGenerator<Difference> {
  const { images, inputs, outputs, vit } = reference;
  const { numHeads, patchSize, depth, registers } = vit.spec;
  for (const { name, cropped_height: height, cropped_width: width, keep } of images) {
    const program = queriesAndKeysProgram(vit.spec, { batch: 1, height, width });
    const made = await vit.run(engine, program, { images: inputs.get(`image_${name}`) });
    const grid = { rows: height / patchSize, columns: width / patchSize };
    const data = attentionOf(
      {
        heads: numHeads,
        ...grid,
        registers,
        queries: made(`query.${depth - 1}`).data as Float32Array,
        keys: made(`key.${depth - 1}`).data as Float32Array,
      },
      'cls',
    );
    const wanted = outputs.get(`attention_${name}`);
    yield relative(`attention_${name}`, { shape: wanted.shape, dtype: 'float32', data }, wanted, LIMITS.attention);
    for (const [share, { patches_kept }] of Object.entries(keep)) {
      const patches = grid.rows * grid.columns;
      const mask = attentionMask(data, numHeads, Number(share));
      const heads = Array.from({ length: numHeads }, (_, head) => mask.subarray(head * patches, (head + 1) * patches));
      const kept = heads.map((values) => values.reduce((sum, value) => sum + value, 0));
      yield exact(`number of patches of ${name}, ${share}`, kept.join() === patches_kept.join());
      if (Number(share) === 1) continue;
      const pixels = heads.flatMap((values) => [...perPixel(values, grid, patchSize)]);
      const theirs = outputs.get(`mask${share}_${name}`).data;
      yield exact(
        `mask${share}_${name}`,
        theirs.every((value, pixel) => value === pixels[pixel]),
      );
    }
  }
}

export const replayCount = ({ images }: SegmentationReference): number =>
  images.reduce((sum, { keep }) => {
    const shares = Object.keys(keep).map(Number);
    return sum + 1 + shares.length + shares.filter((share) => share < 1).length;
  }, 0);
