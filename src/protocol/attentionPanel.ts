/** What the host and the attention page say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';

/** The page has loaded (again, after having been hidden). */
export const pageReady: NotificationType<void> = { method: 'attention/ready' };

const checkpointSchema = z.object({
  /** Given back in requests; only what was offered is accepted. */
  id: z.string(),
  label: z.string(),
  /** A file from elsewhere, which may not tell how many heads its network has. */
  isFile: z.boolean(),
});
export type OfferedCheckpoint = z.output<typeof checkpointSchema>;

export const subjectSchema = z.object({
  /** The picture's path. */
  image: z.string(),
  /** Newest first, run by run. */
  checkpoints: z.array(checkpointSchema),
  /** Id of the one to show; absent: there is none. */
  chosen: z.string().optional(),
});
export type Subject = z.output<typeof subjectSchema>;
/** What can be shown has changed. */
export const subject: NotificationType<Subject> = { method: 'attention/subject' };

export const questionSchema = z.object({
  checkpoint: z.string(),
  /** Side in pixels; absent: the network's own. */
  resolution: z.int().min(16).max(2048).optional(),
  /** Absent: what the checkpoint tells. */
  numHeads: z.int().min(1).max(128).optional(),
});
export type Question = z.output<typeof questionSchema>;

const buffer = z.instanceof(ArrayBuffer);
export const mapsSchema = z.object({
  heads: z.int().min(1),
  rows: z.int().min(1),
  columns: z.int().min(1),
  /** Float32Array, [heads, rows * columns]. */
  attention: buffer,
  /** Uint8Array, RGB, [height, width, 3]. */
  picture: buffer,
  width: z.int().min(1),
  height: z.int().min(1),
  checkpointName: z.string(),
});
export type Maps = z.output<typeof mapsSchema>;
/** Rejected with a sentence. */
export const ask: RequestType<Question, Maps> = { method: 'attention/ask' };

/** Lets the person choose a file; the new subject is sent when one was chosen. */
export const chooseFile: NotificationType<void> = { method: 'attention/chooseFile' };

export const imageFileSchema = z.object({ name: z.string().max(200), png: buffer });
export type ImageFile = z.output<typeof imageFileSchema>;
/** Asks where to, and writes. */
export const save: NotificationType<ImageFile> = { method: 'attention/save' };

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const attentionStateSchema = z.object({ image: z.string() });
