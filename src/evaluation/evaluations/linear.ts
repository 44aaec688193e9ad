import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { keyOf } from '../../files/derivedFiles.js';
import { counted } from '../../text/counted.js';
import { confusionOf, confusionSchema } from '../confusion.js';
import { type Computing, evaluationOf } from '../evaluation.js';
import { FeatureExtractor } from '../features.js';
import { type FrozenVectors, usualVectors, vectorsOf } from '../frozenVectors.js';
import { readableFeatures } from '../labeledFeatures.js';
import {
  type LabeledDataset,
  type LabeledSets,
  labeledInputs,
  labelsOf,
  openLabeledSets,
  suggestLabeled,
} from '../labeledSets.js';
import type { LabeledVectors } from '../linearProbe.js';
import { linearSweep, setAside } from '../linearSweep.js';
import { flag, listOf, positiveNumber, wholeNumber } from '../options.js';

const TITLE = 'The linear probe';
/** Those of DINOv2's sweep; each is scaled with the batch. */
const RATES: readonly number[] = [...[1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1]];
/** Of fewer labels there is no top-5, as in the original. */
const LEAST_TOP5 = 5;
/** Fewer images cannot be trained on, held out and tested. */
const LEAST_IMAGES = 4;

const percent = z.number();
const resultSchema = z.object({
  images: z.object({ train: z.int(), test: z.int() }),
  /** Whether the test images were set aside from the others, for want of any. */
  setAside: z.boolean(),
  vectors: z.object({ blocks: z.int(), avgpool: z.boolean(), dim: z.int() }),
  /** The learning rate that was chosen, before it is scaled with the batch. */
  rate: z.number(),
  /** Epochs behind the classifier that was chosen, and those that were made. */
  epoch: z.int(),
  epochs: z.int(),
  heldOut: z.array(z.object({ rate: z.number(), top1: percent })),
  loss: z.number(),
  top1: percent,
  top5: percent.nullable(),
  ...confusionSchema.shape,
});

/** See `linearSweep.ts`. */
export const linear = evaluationOf({
  name: 'linear',
  title: TITLE,
  description: "train a linear classifier on frozen features, as the original's eval_linear.py",
  version: 1,
  inputs: labeledInputs,
  options: z.object({
    lr: listOf(
      positiveNumber('learning rate'),
      'learning rates for a batch of 256; of several the best on held-out images is chosen (default: the 13 of DINOv2)',
    ).optional(),
    epochs: wholeNumber('times that the images are gone through (default: 100)').default(100),
    batch: wholeNumber('images of a step (default: 256)').default(256),
    blocks: wholeNumber(
      'last blocks whose CLS tokens are taken (default: 4 of a small ViT, 1 of a base one)',
    ).optional(),
    avgpool: flag('take the mean patch of the last block, too (default: of a base ViT)').optional(),
    patience: wholeNumber(
      'epochs without a better classifier after which a sweep ends; 0: never (default: 20)',
      0,
    ).default(20),
    seed: wholeNumber('of the weights and the order of the images (default: 0)', 0).default(0),
  }),
  result: resultSchema,
  suggest: suggestLabeled,
  async open(inputs, reading) {
    const opened = await openLabeledSets(inputs, reading, TITLE);
    const { train } = opened.data;
    if (train.size < LEAST_IMAGES)
      throw new Error(`${TITLE} needs at least ${LEAST_IMAGES} images to learn from; ${train.path} has ${train.size}.`);
    return opened;
  },
  async run(sets, { lr = RATES, epochs, batch, patience, seed, ...wanted }, by) {
    const { classes } = sets;
    const vectors = wantedVectors(wanted, by);
    const key = keyFor(sets, vectors, by);
    const { train, test } = await vectorsOfSets(sets, vectors, key, by);
    const parts = test === undefined ? setAside(train, seed) : { train, test };
    const options = { rates: lr, epochs, batch: Math.min(batch, parts.train.labels.length), patience, seed };
    const swept = await linearSweep(parts.train, parts.test, classes.length, options, {
      by,
      key: keyOf(['linear by loss', key, options]),
    });
    const [loss = 0, top1 = 0, top5 = 0] = [swept.test.loss[0], swept.test.top1[0], swept.test.top5[0]];
    return {
      images: { train: train.labels.length, ...(test && { test: test.labels.length }) },
      result: {
        images: { train: parts.train.labels.length, test: parts.test.labels.length },
        setAside: test === undefined,
        vectors: { ...vectors, dim: train.vectors.dim },
        ...{ rate: swept.rate, epoch: swept.epoch, epochs: swept.epochs, heldOut: [...swept.heldOut] },
        ...{ loss, top1, top5: classes.length < LEAST_TOP5 ? null : top5 },
        ...confusionOf(classes, parts.test.labels, swept.test.predicted[0] ?? new Int32Array()),
      },
    };
  },
  summary: ({ top1, top5 }) => [
    { metric: 'linear_top1', value: top1 },
    ...(top5 === null ? [] : ([{ metric: 'linear_top5', value: top5 }] as const)),
  ],
  lines: ({ images, setAside: isSetAside, classes, rate, epoch, top1, top5 }) => [
    `${images.train} training and ${counted(images.test, 'test image')}${isSetAside ? ', set aside from them' : ''}, ${counted(classes.length, 'class', 'classes')}`,
    `top-1 ${top1.toFixed(2)} %${top5 === null ? '' : `, top-5 ${top5.toFixed(2)} %`}; learning rate ${rate}, after ${counted(epoch, 'epoch')}`,
  ],
});

function wantedVectors(
  { blocks, avgpool }: { readonly blocks?: number | undefined; readonly avgpool?: boolean | undefined },
  { network: { backbone } }: Pick<Computing, 'network'>,
): FrozenVectors {
  const usual = usualVectors(backbone);
  if (blocks === undefined && avgpool === undefined) return usual;
  return { blocks: blocks ?? (avgpool ? 1 : usual.blocks), avgpool: avgpool ?? false };
}

/** Names the weights, the images and what is taken of them. */
function keyFor({ train, test, classes }: LabeledSets, vectors: FrozenVectors, { network, engine }: Computing): string {
  const weights = createHash('sha256').update(JSON.stringify(network.backbone));
  for (const [name, { data }] of Object.entries(network.parameters))
    weights.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const labels = [train, test].map((set) =>
    set === undefined
      ? undefined
      : [
          set.stamp,
          labelsOf(
            set,
            Int32Array.from({ length: set.size }, (_, i) => i),
            classes,
          ).join(),
        ],
  );
  return keyOf(['vectors', engine.version, weights.digest('hex'), vectors, classes, labels]);
}

interface VectorsOfSets {
  readonly train: LabeledVectors;
  readonly test?: LabeledVectors | undefined;
}

/** What was computed before the process was killed is not computed again. */
async function vectorsOfSets(
  sets: LabeledSets,
  vectors: FrozenVectors,
  key: string,
  by: Computing,
): Promise<VectorsOfSets> {
  const taken = vectorsOf(by.network.backbone, vectors);
  const found = await by.kept?.find(key);
  if (found !== undefined) return deserialize(found) as VectorsOfSets;
  const extractor = await FeatureExtractor.create(by.engine, by.network, { vectors: taken });
  const of = async (dataset: LabeledDataset): Promise<LabeledVectors> => {
    const { features, images } = await readableFeatures(extractor, dataset, by);
    return { vectors: features, labels: labelsOf(dataset, images, sets.classes) };
  };
  try {
    const computed = { train: await of(sets.train), ...(sets.test && { test: await of(sets.test) }) };
    await by.kept?.keep(key, serialize(computed));
    return computed;
  } finally {
    await extractor.dispose();
  }
}
