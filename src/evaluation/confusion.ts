/** How often images of each class were taken for each class. */
import { z } from 'zod';

const count = z.int().min(0);
export const confusionSchema = z.object({
  /** In order of the classes: how many test images each has, and percent of them that were recognized (null without images). */
  classes: z.array(z.object({ name: z.string(), images: count, accuracy: z.number().nullable() })),
  /** What is not zero: [class, taken for, how often], by their places in `classes`. */
  confusion: z.array(z.tuple([count, count, count])),
});
export type Confusion = z.output<typeof confusionSchema>;

/** @param labels, predicted [images], places in `names` */
export function confusionOf(names: readonly string[], labels: Int32Array, predicted: Int32Array): Confusion {
  const cells = new Map<number, number>();
  const images = new Int32Array(names.length);
  labels.forEach((label, image) => {
    const cell = label * names.length + (predicted[image] as number);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
    images[label] = (images[label] as number) + 1;
  });
  return {
    classes: names.map((name, place) => {
      const [all, right] = [images[place] as number, cells.get(place * (names.length + 1)) ?? 0];
      return { name, images: all, accuracy: all === 0 ? null : (100 * right) / all };
    }),
    confusion: [...cells]
      .sort(([one], [other]) => one - other)
      .map(([cell, times]) => [Math.floor(cell / names.length), cell % names.length, times]),
  };
}
