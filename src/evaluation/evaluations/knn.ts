import { z } from 'zod';
import type { Evaluation } from '../evaluation.js';
import { DEFAULT_KS, knnAccuracies } from '../knn.js';

const count = z.coerce.number().int().min(1);
const optionsSchema = z.object({ k: z.array(count).optional() });

/** See {@link knnAccuracies}. */
export const knn: Evaluation = {
  name: 'knn',
  title: 'k-NN',
  description: "k-NN classification by the teacher's features, the protocol of the original's eval_knn.py",
  options: [
    {
      name: 'k',
      placeholder: '<list>',
      description: `how many neighbors vote, such as 10,20 (default: ${DEFAULT_KS.join(',')})`,
      parse: (text) => {
        const counts = z.array(count).safeParse(text.split(','));
        if (!counts.success) throw new Error('It must be a whole number, at least 1.');
        return counts.data;
      },
    },
  ],
  run: ({ train, test }, options) => {
    const results = knnAccuracies({
      train: train.features,
      trainLabels: train.labels,
      test: test.features,
      testLabels: test.labels,
      ks: optionsSchema.parse(options).k ?? fittingKs(train.features.rows),
    });
    return {
      values: Object.fromEntries(results.map(({ k, top1, top5 }) => [k, { top1, top5 }])),
      lines: results.map(({ k, top1, top5 }) => `k ${k}: top-1 ${top1.toFixed(2)} %, top-5 ${top5.toFixed(2)} %`),
    };
  },
};

/** The default ones that a small data set has images for. */
function fittingKs(trainingImages: number): readonly number[] {
  const fitting = DEFAULT_KS.filter((k) => k <= trainingImages);
  return fitting.length > 0 ? fitting : DEFAULT_KS;
}
