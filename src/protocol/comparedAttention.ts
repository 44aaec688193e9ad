/** What the host and the page that compares runs say about attention and embeddings: the same pictures, at a step of each run. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { type Answer, shownSchema } from './attentionPanel.js';

/** More would not be seen side by side. */
export const MOST_PICTURES = 8;

/** A file, or a picture of a data set, with what a person calls it. */
export const comparedPictureSchema = shownSchema.pick({ picture: true, name: true });
export type ComparedPicture = z.output<typeof comparedPictureSchema>;

export const sceneSchema = z.object({
  /** Only these may be asked for. */
  pictures: z.array(comparedPictureSchema).max(MOST_PICTURES),
  /** Steps of each run's checkpoints, ascending, by its folder. */
  steps: z.record(z.string(), z.array(z.int().min(0))),
  /** What the person is to know. */
  note: z.string().optional(),
});
export type Scene = z.output<typeof sceneSchema>;
/** What can be shown, whenever it changes. */
export const scene: NotificationType<Scene> = { method: 'curves/attention/scene' };

export const pictureChangeSchema = z.discriminatedUnion('kind', [
  /** Some of the data set of the runs, others than those that are shown. */
  z.object({ kind: z.literal('sample') }),
  /** Some that the person chooses in a dialog. */
  z.object({ kind: z.literal('choose') }),
  z.object({ kind: z.literal('remove'), picture: comparedPictureSchema.shape.picture }),
]);
export type PictureChange = z.output<typeof pictureChangeSchema>;
/** Answered by a new scene. */
export const changePictures: NotificationType<PictureChange> = { method: 'curves/attention/pictures' };

export const lookSchema = z.object({
  dir: z.string(),
  step: z.int().min(0),
  picture: comparedPictureSchema.shape.picture,
});
export type Look = z.output<typeof lookSchema>;

/** Rejected with a sentence. */
export const look: RequestType<Look, Answer> = { method: 'curves/attention/look' };

export const layOutSchema = z.object({ dir: z.string(), step: z.int().min(0) });
export type LayOut = z.output<typeof layOutSchema>;

const buffer = z.instanceof(ArrayBuffer);
export const laidOutSchema = z.object({
  /** Float32Array, [pictures, 2]. */
  points: buffer,
  /** Int32Array, index of each picture's class; -1: none. */
  labels: buffer,
  classes: z.array(z.string()),
  /** All features are the same: there is nothing to see. */
  isUniform: z.boolean(),
});
export type LaidOut = z.output<typeof laidOutSchema>;
/** The first run's pictures in the plane, by a run's network. Rejected with a sentence. */
export const layOut: RequestType<LayOut, LaidOut> = { method: 'curves/embedding/layOut' };
