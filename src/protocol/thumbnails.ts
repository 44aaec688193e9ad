/** Small images, as a page asks for them. */
import { z } from 'zod';

/** Images by their place in the list that the page was told. */
export const thumbnailsQuestionSchema = z.object({
  images: z.array(z.int().min(0)).max(400),
  /** In pixels. */
  side: z.int().min(8).max(512),
});
export type ThumbnailsQuestion = z.output<typeof thumbnailsQuestionSchema>;

export const thumbnailsSchema = z.object({
  /** Uint8Array, RGB, [images, side, side, 3]; gray where one cannot be read. */
  pixels: z.instanceof(ArrayBuffer),
  /** One sentence for each that cannot be read. */
  unreadable: z.array(z.string()),
});
export type Thumbnails = z.output<typeof thumbnailsSchema>;
