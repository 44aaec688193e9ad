/** What the host and the page of similar images say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { type Answer, type Shown, shownSchema, sourceSchema } from './attentionPanel.js';
import {
  comparedSchema,
  type ShownImages,
  type ShownImagesQuestion,
  searchedFolderSchema,
  type WorkProgress,
} from './shownImages.js';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'similar/ready' };

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const similarStateSchema = z.object({ query: shownSchema.optional(), folder: z.string().optional() });

export const subjectSchema = z.object({
  /** Whose likes are looked for; of an image, all or a part. */
  query: shownSchema,
  /** Where they are looked for. */
  folder: z.string(),
  folders: z.array(searchedFolderSchema),
  networks: z.array(sourceSchema),
  /** Id of the checkpoint that the person chose elsewhere. */
  chosen: z.string().optional(),
  /** Whether there was another query before. */
  canGoBack: z.boolean(),
  /** Another one when what is found may be otherwise: files have changed. */
  version: z.int(),
});
export type Subject = z.output<typeof subjectSchema>;
export const subject: NotificationType<Subject> = { method: 'similar/subject' };

export const questionSchema = z.object({
  /** Only what was offered is accepted. */
  checkpoint: z.string(),
  numHeads: z.int().min(1).max(128).optional(),
});
export type Question = z.output<typeof questionSchema>;

export const foundSchema = comparedSchema.extend({
  found: z.array(z.object({ name: z.string(), distance: z.number() })),
  isApproximate: z.boolean(),
  /** Whether they are files, which can be opened. */
  areFiles: z.boolean(),
});
export type Found = z.output<typeof foundSchema>;
/** Rejected with a sentence, as all that follow. The answer to an older question is rejected when a newer one comes. */
export const ask: RequestType<Question, Found> = { method: 'similar/ask' };
export const progress: NotificationType<WorkProgress> = { method: 'similar/progress' };
export const cancel: NotificationType<void> = { method: 'similar/cancel' };
/** There is no network to look with yet: the person wants to train one. */
export const train: NotificationType<void> = { method: 'similar/train' };

export const queryImageSchema = z.object({
  width: z.int().min(1),
  height: z.int().min(1),
  /** Reduced: 8-bit RGB, [height, width, 3]. */
  shown: z.object({ width: z.int().min(1), height: z.int().min(1), pixels: z.instanceof(ArrayBuffer) }),
});
export type QueryImage = z.output<typeof queryImageSchema>;
/** The whole image that the query is, or is a part of. */
export const askQuery: RequestType<Record<string, never>, QueryImage> = { method: 'similar/query' };
export const nothingSchema = z.object({});

/** Of what was found last. */
export const askImages: RequestType<ShownImagesQuestion, ShownImages> = { method: 'similar/images' };

export const attentionQuestionSchema = questionSchema.extend({
  /** A place in what was found; absent: the query. */
  image: z.int().min(0).optional(),
});
export type AttentionQuestion = z.output<typeof attentionQuestionSchema>;
export const askAttention: RequestType<AttentionQuestion, Answer> = {
  method: 'similar/attention',
};

const place = z.int().min(0);
/** A part of the query's image, in its pixels; null: all of it. */
export const crop: NotificationType<NonNullable<Shown['region']> | null> = { method: 'similar/crop' };
export const cropSchema = shownSchema.shape.region.unwrap().nullable();
/** Makes what was found the query. */
export const moreLike: NotificationType<number> = { method: 'similar/moreLike' };
export const back: NotificationType<void> = { method: 'similar/back' };
export const openSchema = z.object({ image: place, how: z.enum(['file', 'attention', 'copies']) });
export const open: NotificationType<z.output<typeof openSchema>> = { method: 'similar/open' };
export const placeSchema = place;
/** One of the folders. */
export const searchIn: NotificationType<string> = { method: 'similar/searchIn' };
export const folderSchema = z.string();
/** Lets the person choose another folder. */
export const chooseFolder: NotificationType<void> = { method: 'similar/chooseFolder' };
