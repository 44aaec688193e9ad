/** What the host and the page of an embedding say to each other. Both check what they get. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';
import { projectionMethodSchema } from './projection.js';
import type { Thumbnails, ThumbnailsQuestion } from './thumbnails.js';

/** The page has loaded (again, after having been hidden): it wants everything. */
export const pageReady: NotificationType<void> = { method: 'embedding/ready' };

const count = z.int().min(0);
const buffer = z.instanceof(ArrayBuffer);

/** Whose images are shown. */
const shownSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), path: z.string() }),
  z.object({ kind: z.literal('run'), dir: z.string() }),
]);
export type Shown = z.output<typeof shownSchema>;

/** What a plot is made of. */
export const choiceSchema = z.object({
  /** Id of one of the networks. */
  network: z.string(),
  method: projectionMethodSchema,
  mostImages: z.int().min(1),
  /** The network's attention heads, for a file that does not tell. */
  numHeads: z.int().min(1).max(128).optional(),
});
export type Choice = z.output<typeof choiceSchema>;

const networkSchema = z.object({
  /** A run's folder, or a file of weights. */
  id: z.string(),
  label: z.string(),
  /** A file from elsewhere, which may not tell how many heads its network has. */
  isFile: z.boolean(),
  /** In order of their steps; a file is one without a step. */
  checkpoints: z.array(z.object({ id: z.string(), label: z.string() })),
});
export type OfferedNetwork = z.output<typeof networkSchema>;

export const subjectSchema = z.object({
  shown: shownSchema,
  title: z.string(),
  networks: z.array(networkSchema),
  /** What the plot was begun with; absent: it was not. */
  begun: choiceSchema.optional(),
  /** A network to begin with. */
  proposed: z.string().optional(),
});
export type Subject = z.output<typeof subjectSchema>;
/** What can be shown has changed. */
export const subject: NotificationType<Subject> = { method: 'embedding/subject' };

export const beginningSchema = z.object({
  choice: choiceSchema,
  /** Checkpoints that were laid out before the page was loaded, in that order: those again. Absent: the newest one. */
  visited: z.array(z.string()).optional(),
});
/** Begins a plot, in the place of the one there is. */
export const begin: NotificationType<z.output<typeof beginningSchema>> = { method: 'embedding/begin' };

export const progressSchema = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('idle') }),
  z.object({
    phase: z.enum(['features', 'neighbors', 'projecting']),
    checkpoint: z.string(),
    done: z.number(),
    /** 0 while unknown. */
    total: z.number(),
    isHeld: z.boolean(),
  }),
  z.object({ phase: z.literal('failed'), message: z.string() }),
]);
export type Progress = z.output<typeof progressSchema>;
export const progress: NotificationType<Progress> = { method: 'embedding/progress' };

export const imagesSchema = z.object({
  names: z.array(z.string()),
  classes: z.array(z.string()),
  /** Int32Array: index in `classes` of each image, -1: none. */
  labels: buffer,
  /** Whether the images are files, which can be opened. */
  areFiles: z.boolean(),
  /** What is to be known about them: how many are left out, and why. */
  notes: z.array(z.string()),
});
export type Images = z.output<typeof imagesSchema>;
/** The images of the plot that was begun. */
export const images: NotificationType<Images> = { method: 'embedding/images' };

export const layoutSchema = z.object({
  /** Id of the checkpoint. */
  checkpoint: z.string(),
  /** Float32Array, [images, 2]. */
  points: buffer,
  /** Whether it is the last of its projection. */
  isDone: z.boolean(),
});
export type Layout = z.output<typeof layoutSchema>;
export const layout: NotificationType<Layout> = { method: 'embedding/layout' };

/** Lays the same images out by these checkpoints, one after the other, each from where the one before left them. */
export const visit: NotificationType<string[]> = { method: 'embedding/visit' };
export const visitSchema = z.array(z.string());

/** Holds the work, or lets it go on. */
export const hold: NotificationType<boolean> = { method: 'embedding/hold' };
export const holdSchema = z.boolean();
export const cancel: NotificationType<void> = { method: 'embedding/cancel' };

/** Rejected with a sentence, as all that follows. */
export const askThumbnails: RequestType<ThumbnailsQuestion, Thumbnails> = {
  method: 'embedding/thumbnails',
};

export const nearestQuestionSchema = z.object({ checkpoint: z.string(), image: count, k: z.int().min(1).max(200) });
export const nearestSchema = z.object({ images: z.array(count), similarities: z.array(z.number()) });
/** The images with the most similar features. */
export const askNearest: RequestType<z.output<typeof nearestQuestionSchema>, z.output<typeof nearestSchema>> = {
  method: 'embedding/nearest',
};

export const predictQuestionSchema = z.object({ checkpoint: z.string(), labels: buffer });
export const predictedSchema = z.object({ labels: buffer, k: count });
/** Int32Array to Int32Array: the class that each image's neighbors vote for. */
export const askPrediction: RequestType<z.output<typeof predictQuestionSchema>, z.output<typeof predictedSchema>> = {
  method: 'embedding/predict',
};

export const nothingSchema = z.object({});
export const tableSchema = z
  .object({ file: z.string(), columns: z.array(z.string()), note: z.string() })
  // None was chosen.
  .nullable();
/** Lets the person choose a CSV file; answers what columns it has. */
export const chooseTable: RequestType<Record<string, never>, z.output<typeof tableSchema>> = {
  method: 'embedding/chooseTable',
};
export const columnQuestionSchema = z.object({ column: z.string() });
export const columnSchema = z.object({ values: z.array(z.string()) });
export const askColumn: RequestType<z.output<typeof columnQuestionSchema>, z.output<typeof columnSchema>> = {
  method: 'embedding/column',
};

export const openSchema = z.object({ image: count, how: z.enum(['file', 'attention', 'similar']) });
export const open: NotificationType<z.output<typeof openSchema>> = { method: 'embedding/open' };

/** Puts the images' paths into the clipboard, a line each. */
export const copyPaths: NotificationType<number[]> = { method: 'embedding/copyPaths' };
export const copyPathsSchema = z.array(count);

/** There is no network to look with yet: the person wants to train one. */
export const train: NotificationType<void> = { method: 'embedding/train' };

/** The image under the pointer, once it rests there: an attention panel that follows shows it. */
export const point: NotificationType<number> = { method: 'embedding/point' };
export const pointSchema = count;

/** More columns beside the names: what points are colored by, and whether they are selected. */
const columnsSchema = z.array(z.object({ name: z.string(), values: z.array(z.string()) }));
export const exportSchema = z.discriminatedUnion('form', [
  z.object({ form: z.literal('png'), png: buffer }),
  z.object({ form: z.literal('csv'), points: buffer, columns: columnsSchema }),
  z.object({ form: z.literal('projector'), checkpoint: z.string(), columns: columnsSchema }),
]);
export type Export = z.output<typeof exportSchema>;
/** Asks where to, and writes; answers where. */
export const exportPlot: RequestType<Export, z.output<typeof exportedSchema>> = {
  method: 'embedding/export',
};
export const exportedSchema = z.object({ written: z.string().optional() });

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const embeddingStateSchema = z.object({ shown: shownSchema });
