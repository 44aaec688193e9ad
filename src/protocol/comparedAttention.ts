/** What the host and the page that compares runs say about attention and embeddings: the same images, at a step of each run. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { type Answer, shownSchema } from './attentionPanel.js';

/** More would not be seen side by side. */
export const MOST_IMAGES = 8;

/** A file, or an image of a data set, with what a person calls it. */
export const comparedImageSchema = shownSchema.pick({ image: true, name: true });
export type ComparedImage = z.output<typeof comparedImageSchema>;

export const sceneSchema = z.object({
  /** Only these may be asked for. */
  images: z.array(comparedImageSchema).max(MOST_IMAGES),
  /** Steps of each run's checkpoints, ascending, by its folder. */
  steps: z.record(z.string(), z.array(z.int().min(0))),
  /** What the person is to know. */
  note: z.string().optional(),
});
export type Scene = z.output<typeof sceneSchema>;
/** What can be shown, whenever it changes. */
export const scene: NotificationType<Scene> = { method: 'curves/attention/scene' };

export const imageChangeSchema = z.discriminatedUnion('kind', [
  /** Some of the data set of the runs, others than those that are shown. */
  z.object({ kind: z.literal('sample') }),
  /** Some that the person chooses in a dialog. */
  z.object({ kind: z.literal('choose') }),
  z.object({ kind: z.literal('remove'), image: comparedImageSchema.shape.image }),
]);
export type ImageChange = z.output<typeof imageChangeSchema>;
/** Answered by a new scene. */
export const changeImages: NotificationType<ImageChange> = { method: 'curves/attention/images' };

export const lookSchema = z.object({
  dir: z.string(),
  step: z.int().min(0),
  image: comparedImageSchema.shape.image,
});
export type Look = z.output<typeof lookSchema>;

/** Rejected with a sentence. */
export const look: RequestType<Look, Answer> = { method: 'curves/attention/look' };

export const layOutSchema = z.object({ dir: z.string(), step: z.int().min(0) });
export type LayOut = z.output<typeof layOutSchema>;

const buffer = z.instanceof(ArrayBuffer);
export const laidOutSchema = z.object({
  /** Float32Array, [images, 2]. */
  points: buffer,
  /** Int32Array, index of each image's class; -1: none. */
  labels: buffer,
  classes: z.array(z.string()),
  /** All features are the same: there is nothing to see. */
  isUniform: z.boolean(),
});
export type LaidOut = z.output<typeof laidOutSchema>;
/** The first run's images in the plane, by a run's network. Rejected with a sentence. */
export const layOut: RequestType<LayOut, LaidOut> = { method: 'curves/embedding/layOut' };
