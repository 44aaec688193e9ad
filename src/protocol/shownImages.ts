/** Images in their own shape, as a page asks for them; and the work that it waits for. */
import { z } from 'zod';

const buffer = z.instanceof(ArrayBuffer);
const extent = z.int().min(1);

export const shownImagesQuestionSchema = z.object({
  /** Places in the list that the page was told. */
  images: z.array(z.int().min(0)).max(100),
  /** Longest side in pixels. */
  side: z.int().min(16).max(2048),
});
export type ShownImagesQuestion = z.output<typeof shownImagesQuestionSchema>;

const shownImageSchema = z.object({
  width: extent,
  height: extent,
  /** Uint8Array, RGB, [height, width, 3]. */
  pixels: buffer,
  /** As it is. */
  original: z.object({ width: extent, height: extent }),
  bytes: z.number().optional(),
  /** Milliseconds since 1970. */
  modified: z.number().optional(),
});
export type ShownImage = z.output<typeof shownImageSchema>;

export const shownImagesSchema = z.object({
  /** A sentence for one that cannot be read. */
  images: z.array(z.union([shownImageSchema, z.string()])),
});
export type ShownImages = z.output<typeof shownImagesSchema>;

export const workProgressSchema = z.object({ done: z.number(), total: z.number(), of: z.string() });
export type WorkProgress = z.output<typeof workProgressSchema>;

/** A folder of images that can be searched. */
export const searchedFolderSchema = z.object({ path: z.string(), label: z.string() });
export type SearchedFolder = z.output<typeof searchedFolderSchema>;

/** What was compared: of all that is found. */
export const comparedSchema = z.object({
  images: z.int(),
  computed: z.int(),
  notes: z.array(z.string()),
  checkpointName: z.string(),
});
export type Compared = z.output<typeof comparedSchema>;
