/** What the host and the page of a segmented video say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { sourceSchema } from './attentionPanel.js';
import type { ShownImages, ShownImagesQuestion } from './shownImages.js';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'video/ready' };

/** Which video: the folder of its frames, and the mask that a person chose for the first. */
const videoSubjectSchema = z.object({ folder: z.string(), mask: z.string().optional() });
export type VideoSubject = z.output<typeof videoSubjectSchema>;
/** What VS Code gives back after a reload. */
export const videoStateSchema = z.object({ shown: videoSubjectSchema.optional() });

export const subjectSchema = z.object({
  shown: videoSubjectSchema,
  title: z.string(),
  /** Names of the frames' files, in order. */
  frames: z.array(z.string()),
  hasMask: z.boolean(),
  /** Why there are no frames. */
  problem: z.string().optional(),
  networks: z.array(sourceSchema),
  chosen: z.string().optional(),
});
export type Subject = z.output<typeof subjectSchema>;
export const subject: NotificationType<Subject> = { method: 'video/subject' };

export const questionSchema = z.object({
  /** Only what was offered is accepted. */
  checkpoint: z.string(),
  numHeads: z.int().min(1).max(128).optional(),
  shortSide: z.int().min(32).max(2048),
});
export type Question = z.output<typeof questionSchema>;

const objectScoreSchema = z.object({ region: z.number(), contour: z.number() });
export type ObjectScore = z.output<typeof objectScoreSchema>;

export const segmentedSchema = z.object({
  checkpointName: z.string(),
  notes: z.array(z.string()),
  /** J and F; absent where there is no truth. */
  whole: objectScoreSchema.optional(),
});
export type Segmented = z.output<typeof segmentedSchema>;
/**
 * Answered when all frames have masks; the same question again joins the work that is under way, or hears what is known. Rejected with a
 * sentence, as all that follow.
 */
export const segment: RequestType<Question, Segmented> = { method: 'video/segment' };
export const cancel: NotificationType<void> = { method: 'video/cancel' };

export const maskSchema = z.object({
  index: z.int().min(0),
  /** A PNG of labels with a palette, as large as the frame. */
  png: z.instanceof(ArrayBuffer),
  /** Of each object. */
  scores: z.array(objectScoreSchema).optional(),
});
export type Mask = z.output<typeof maskSchema>;
/** Of the question that was asked last. */
export const mask: NotificationType<Mask> = { method: 'video/mask' };

/** Frames, by their places. */
export const askFrames: RequestType<ShownImagesQuestion, ShownImages> = { method: 'video/frames' };

/** Lets the person choose the mask of the first frame. */
export const chooseMask: NotificationType<void> = { method: 'video/chooseMask' };
/** Lets the person start a training. */
export const train: NotificationType<void> = { method: 'video/train' };

export const nothingSchema = z.object({});
export const savedSchema = z.object({ folder: z.string().optional(), count: z.int() });
/** Asks the person where to; absent folder: nothing was saved. */
export const saveMasks: RequestType<Record<string, never>, z.output<typeof savedSchema>> = { method: 'video/save' };
