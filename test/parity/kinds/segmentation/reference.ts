/** Folders of the form of `segmentation` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { float32, type NamedSpecs } from '../../../../src/program/program.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';
import { type ReferenceVit, readVit, vitFileSchema } from '../vitFile.js';

const count = z.int().min(1);
const index = z.int().min(0);
const counts = z.array(index);
const share = z.string().refine((text) => Number(text) > 0 && Number(text) <= 1, 'it is no share above 0, up to 1');

const imageSchema = z.object({
  height: count,
  width: count,
  cropped_height: count,
  cropped_width: count,
  keep: z.record(
    share,
    z.object({
      patches_kept: counts,
      jaccard: z.array(z.number()),
      best_head: index,
      jaccard_without_void: z.array(z.number()),
      best_head_without_void: index,
    }),
  ),
});
const meansSchema = z.object({
  of_each_head: z.array(z.number()),
  best_head_of_all: index,
  of_best_head_per_picture: z.number(),
});
const expectedSchema = z.object({
  config: z.object({ vit: vitFileSchema }),
  pictures: z.record(z.string(), imageSchema),
  given: z.record(share, z.object({ patches_kept: counts })),
});

const MEAN = 'mean_over_pictures_';

export type SegmentationImage = z.output<typeof imageSchema> & { readonly name: string };

export interface SegmentationReference {
  readonly images: readonly SegmentationImage[];
  readonly given: z.output<typeof expectedSchema>['given'];
  /** Over all images, by share. */
  readonly means: ReadonlyMap<string, z.output<typeof meansSchema>>;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly vit: ReferenceVit;
  readonly leftOut: readonly string[];
}

const bytes = (...shape: number[]) => ({ shape, dtype: 'int32' }) as const;

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readSegmentation(
  dir: string,
  file: string,
  json: Readonly<Record<string, unknown>> | unknown,
): SegmentationReference {
  const { config, pictures, given } = parseExpected(expectedSchema, file, json);
  const content = z.record(z.string(), z.unknown()).parse(json);
  const meanKeys = Object.keys(content).filter((key) => key.startsWith(MEAN));
  const means = new Map(
    meanKeys.map((key) => [key.slice(MEAN.length), parseExpected(meansSchema, `${file} (${key})`, content[key])]),
  );
  const vit = readVit(dir, config.vit);
  const images = Object.entries(pictures).map(([name, image]) => ({ ...image, name }));
  const inputs = new TensorFile(join(dir, 'inputs.safetensors'));
  const outputs = new TensorFile(join(dir, 'outputs.safetensors'));
  const grid = inputs.get('given_attention').shape;
  const wanted: { inputs: NamedSpecs; outputs: NamedSpecs } = {
    inputs: { given_attention: float32(...grid) },
    outputs: Object.fromEntries(Object.keys(given).map((keep) => [`given_mask${keep}`, bytes(...grid)])),
  };
  for (const { name, height, width, cropped_height, cropped_width, keep } of images) {
    const { inChans, numHeads, patchSize } = vit.spec;
    wanted.inputs = {
      ...wanted.inputs,
      [`pixels_${name}`]: bytes(height, width, inChans),
      [`truth_${name}`]: bytes(height, width),
      [`image_${name}`]: float32(1, inChans, cropped_height, cropped_width),
    };
    const masks = Object.keys(keep).map((share) => [
      `mask${share}_${name}`,
      bytes(numHeads, cropped_height, cropped_width),
    ]);
    wanted.outputs = {
      ...wanted.outputs,
      [`attention_${name}`]: float32(numHeads, cropped_height / patchSize, cropped_width / patchSize),
      ...Object.fromEntries(masks),
    };
  }
  inputs.require(wanted.inputs);
  outputs.require(wanted.outputs);
  const leftOut = [
    ...unknownKeys(json, [...Object.keys(expectedSchema.shape), ...meanKeys]),
    ...Object.keys(inputs.tensors).filter((name) => wanted.inputs[name] === undefined),
    ...Object.keys(outputs.tensors).filter((name) => wanted.outputs[name] === undefined),
  ];
  return { images, given, means, inputs, outputs, vit, leftOut };
}
