/** What the host and the attention page say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'attention/ready' };

const count = z.int().min(0);
const extent = z.int().min(1);
const part = z.number().min(0).max(1);

/** Whose attention is shown: an image, or a part of one. What VS Code gives back after a reload. */
export const shownSchema = z.object({
  image: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('file'), path: z.string() }),
    /** An image of a data set: a folder of images, or an IDX file. */
    z.object({ kind: z.literal('dataset'), path: z.string(), index: count }),
  ]),
  /** What a person calls it. */
  name: z.string(),
  /** In the image's pixels. */
  region: z.object({ left: count, top: count, width: extent, height: extent }).optional(),
});
export type Shown = z.output<typeof shownSchema>;

/** What the page keeps for itself. */
export const attentionStateSchema = z.object({
  shown: shownSchema.optional(),
  /** Whether the panel goes on to the image that becomes active. */
  follows: z.boolean(),
  /** The second image, whose patches are compared with those of the first. */
  beside: shownSchema.optional(),
});

const checkpointSchema = z.object({
  /** Given back in questions; only what was offered is accepted. */
  id: z.string(),
  /** Absent: not known, as of a file from elsewhere. */
  step: count.optional(),
});
export const sourceSchema = z.object({
  id: z.string(),
  label: z.string(),
  /** A file from elsewhere, which may not tell how many heads its network has. */
  isFile: z.boolean(),
  /** Whether it is a run that trains: more checkpoints are to come. */
  isLive: z.boolean(),
  /** In the order of their steps; at least one. */
  checkpoints: z.array(checkpointSchema).min(1),
});
/** A run, or a file. */
export type Source = z.output<typeof sourceSchema>;

export const subjectSchema = z.object({
  shown: shownSchema,
  follows: z.boolean(),
  beside: shownSchema.optional(),
  /** Another one when the image's file has changed, gone or come back. */
  version: count,
  /** The selected run first. */
  sources: z.array(sourceSchema),
  /** Id of the checkpoint that the person chose elsewhere; absent: none, so the newest of the first source. */
  chosen: z.string().optional(),
});
export type Subject = z.output<typeof subjectSchema>;
/** What can be shown has changed. */
export const subject: NotificationType<Subject> = { method: 'attention/subject' };

export const questionSchema = z.object({
  checkpoint: z.string(),
  /** Side in pixels; absent: as large as is answered soon; `trained`: the network's own. */
  resolution: z.union([z.int().min(16).max(2048), z.literal('trained')]).optional(),
  /** Absent: what the checkpoint tells. */
  numHeads: z.int().min(1).max(128).optional(),
  /** From 0; absent: the last one. A network without attention shows its last stage in any case. */
  block: count.optional(),
});
export type Question = z.output<typeof questionSchema>;

const buffer = z.instanceof(ArrayBuffer);
const seenImageSchema = z.object({
  rows: extent,
  columns: extent,
  /** Uint8Array, RGB, [height, width, 3]. */
  image: buffer,
  width: extent,
  height: extent,
  /** In which the network sees it. */
  seen: z.object({ width: extent, height: extent }),
  /** Of the image, or of its region, before it was resized. */
  original: z.object({ width: extent, height: extent }),
  checkpointName: z.string(),
});
export const answerSchema = z.discriminatedUnion('kind', [
  seenImageSchema.extend({
    kind: z.literal('attention'),
    block: count,
    /** How many the network has. */
    blocks: extent,
    heads: extent,
    registers: count,
    /** Float32Array, [heads, 1 + registers + rows * columns, dim / heads]: see QueriesAndKeys. */
    queries: buffer,
    keys: buffer,
  }),
  /** Of a network without attention. */
  seenImageSchema.extend({
    kind: z.literal('activations'),
    channels: extent,
    /** Float32Array, [channels, rows * columns]: see Activations. */
    activations: buffer,
  }),
]);
export type Answer = z.output<typeof answerSchema>;
/** Rejected with a sentence. */
export const ask: RequestType<Question, Answer> = { method: 'attention/ask' };

export const patchesQuestionSchema = questionSchema.omit({ block: true }).extend({
  /** Whether the second image is looked at, too. */
  isBeside: z.boolean(),
});
export type PatchesQuestion = z.output<typeof patchesQuestionSchema>;
const imagePatchesSchema = seenImageSchema.extend({
  /** Width of a feature. */
  dim: extent,
  /** Float32Array, [rows * columns, dim]: see PatchFeatures. */
  features: buffer,
  /** Uint8Arrays, [rows * columns, 3] and [rows * columns]: see PatchColors. */
  colors: buffer,
  foreground: buffer,
});
export const patchesAnswerSchema = z.object({
  /** The image, and behind it the second one. */
  images: z.tuple([imagePatchesSchema], imagePatchesSchema),
  /** See PatchesAnswer. */
  explained: part,
  isParted: z.boolean(),
});
export type PatchesAnswer = z.output<typeof patchesAnswerSchema>;
/** Rejected with a sentence. */
export const askPatches: RequestType<PatchesQuestion, PatchesAnswer> = { method: 'attention/askPatches' };

/** Lets the person choose the second image; the new subject is sent when one was chosen. */
export const chooseBeside: NotificationType<void> = { method: 'attention/chooseBeside' };
/** There is no second image any more; the new subject is sent. */
export const closeBeside: NotificationType<void> = { method: 'attention/closeBeside' };

/** Lets the person choose a file; the new subject is sent when one was chosen. */
export const chooseFile: NotificationType<void> = { method: 'attention/chooseFile' };

export const followSchema = z.boolean();
/** Whether the panel goes on to the image that becomes active. */
export const follow: NotificationType<boolean> = { method: 'attention/follow' };

export const imageFileSchema = z.object({ name: z.string().max(200), png: buffer });
export type ImageFile = z.output<typeof imageFileSchema>;
/** Asks where to, and writes. */
export const save: NotificationType<ImageFile> = { method: 'attention/save' };
