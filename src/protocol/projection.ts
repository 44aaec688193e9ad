/** How features are laid out in the plane: what a person may choose. */
import { z } from 'zod';

export const projectionMethodSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tsne'),
    /** How many neighbors count, roughly. */
    perplexity: z.number().min(1).max(500),
    iterations: z.int().min(1).max(100_000),
    /** Absent: by the number of images. */
    learningRate: z.number().gt(0).max(1e6).optional(),
    /** Dimensions that the features are first reduced to by PCA; absent: none, or 50 where there are many images. */
    pcaDimensions: z.int().min(2).max(4096).optional(),
  }),
  z.object({
    kind: z.literal('umap'),
    neighbors: z.int().min(2).max(500),
    /** How close points may lie, where the clusters are about 10 wide. */
    minDist: z.number().min(0).max(2.99),
    iterations: z.int().min(1).max(100_000),
  }),
  z.object({ kind: z.literal('pca') }),
]);
export type ProjectionMethod = z.output<typeof projectionMethodSchema>;
