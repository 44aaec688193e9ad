/** What the host and the page of copies say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { sourceSchema } from './attentionPanel.js';
import { comparedSchema, type ShownImages, type ShownImagesQuestion, type WorkProgress } from './shownImages.js';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'copies/ready' };

/** What is looked at: a folder, or the copies that one of its images has. What VS Code gives back after a reload. */
const copiesSubjectSchema = z.object({
  folder: z.string(),
  /** A file below the folder. */
  image: z.string().optional(),
});
export type CopiesSubject = z.output<typeof copiesSubjectSchema>;
export const copiesStateSchema = z.object({ shown: copiesSubjectSchema.optional() });

export const subjectSchema = z.object({
  shown: copiesSubjectSchema,
  title: z.string(),
  networks: z.array(sourceSchema),
  chosen: z.string().optional(),
  /** Another one when files have changed. */
  version: z.int(),
});
export type Subject = z.output<typeof subjectSchema>;
export const subject: NotificationType<Subject> = { method: 'copies/subject' };

export const questionSchema = z.object({ checkpoint: z.string(), numHeads: z.int().min(1).max(128).optional() });
export type Question = z.output<typeof questionSchema>;

export const foundSchema = comparedSchema.extend({
  /** Of each image that is like another. */
  names: z.array(z.string()),
  /** Of a maximum spanning forest, by places in `names`; those that are gone are left out. */
  links: z.array(z.object({ one: z.int().min(0), other: z.int().min(0), similarity: z.number() })),
  /** Place of the one image that is asked about; absent: all groups are shown. */
  asked: z.int().min(0).optional(),
  /** Whether they are files, which can be deleted. */
  areFiles: z.boolean(),
});
export type Found = z.output<typeof foundSchema>;
/** Rejected with a sentence, as all that follow. */
export const ask: RequestType<Question, Found> = { method: 'copies/ask' };
export const progress: NotificationType<WorkProgress> = { method: 'copies/progress' };
export const cancel: NotificationType<void> = { method: 'copies/cancel' };
/** There is no network to look with yet: the person wants to train one. */
export const train: NotificationType<void> = { method: 'copies/train' };

export const askImages: RequestType<ShownImagesQuestion, ShownImages> = { method: 'copies/images' };

export const openSchema = z.int().min(0);
export const open: NotificationType<number> = { method: 'copies/open' };

export const deletionSchema = z.object({ images: z.array(z.int().min(0)).min(1) });
export const deletedSchema = z.object({ deleted: z.array(z.int().min(0)) });
/** Asks the person, then moves the files to the bin; answers which of them are gone. */
export const deleteImages: RequestType<z.output<typeof deletionSchema>, z.output<typeof deletedSchema>> = {
  method: 'copies/delete',
};
