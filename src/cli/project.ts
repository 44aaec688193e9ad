import { Command, InvalidArgumentError, Option } from 'commander';
import { openDataset } from '../data/dataset.js';
import { delimiterOf, readFeatures, write } from '../evaluation/featureFile.js';
import { type Sprite, spriteOf, writeProjectorFiles } from '../evaluation/projectorFiles.js';
import { type Conditioned, conditioned, DIRECTION_NOISE, directions } from '../projection/conditioning.js';
import type { Matrix } from '../projection/matrix.js';
import { beginProjection, FEWEST_FOR_NEIGHBORS, ProjectionInput } from '../projection/project.js';
import { fittingPerplexity } from '../projection/tsne.js';
import type { ProjectionMethod } from '../protocol/projection.js';
import { csvLines } from '../tables/csv.js';
import { counted } from '../text/counted.js';
import { parseCount, parseSeed, withOutputOptions } from './options.js';
import { type TableFlags, tableOptionsOf, withFeatureTable } from './tableOptions.js';
import { type OutputOptions, ProgressLine, writeLine, writeResult } from './terminal.js';

interface ProjectOptions extends OutputOptions, TableFlags {
  readonly array?: string;
  readonly method: ProjectionMethod['kind'];
  readonly metric: 'cosine' | 'euclidean';
  readonly out?: string;
  readonly perplexity: number;
  readonly iterations?: number;
  readonly learningRate?: number;
  readonly pca?: number;
  readonly neighbors: number;
  readonly minDist: number;
  readonly projector?: string;
  readonly images?: string;
  readonly seed: number;
}

/** `dino project FEATURES`: features in the plane. */
export const projectCommand = (): Command =>
  withOutputOptions(
    withFeatureTable(
      new Command('project')
        .description('lay features out in the plane, by t-SNE, UMAP or PCA')
        .argument('<features>', 'what `dino embed` wrote, or another .npy, .npz or table of numbers')
        .addOption(new Option('--method <name>', 'how').choices(['tsne', 'umap', 'pca']).default('tsne'))
        .addOption(new Option('--metric <name>', 'what is near').choices(['cosine', 'euclidean']).default('cosine'))
        .option('--out <file>', 'the points, as .csv or .tsv: name, class, x, y')
        .option('--perplexity <n>', 't-SNE: how many neighbors count, roughly', parsePositive, 30)
        .option('--learning-rate <n>', 't-SNE (default: by the number of images)', parsePositive)
        .option('--pca <n>', 't-SNE: reduce the features to so many dimensions first', parseCount)
        .option('--neighbors <n>', 'UMAP', parseCount, 15)
        .option('--min-dist <d>', 'UMAP: how close points may lie', parseDistance, 0.1)
        .option('--iterations <n>', 't-SNE (default: 1000), UMAP (500)', parseCount)
        .option('--projector <folder>', "also write the features as the Embedding Projector's files")
        .option('--images <data>', "the images that the features are of, for the Projector's sprite")
        .option('--seed <n>', 'of what is random', parseSeed, 0)
        .option('--array <name>', 'the array to read of an .npz that has several'),
    ),
  ).action(async (file: string, options: ProjectOptions) => {
    const { out, projector, images, metric, seed } = options;
    if (out === undefined && projector === undefined)
      throw new Error('Nothing would be written: give --out or --projector.');
    if (out !== undefined && !/\.(csv|tsv)$/i.test(out)) throw new Error(`${out} must end in .csv or .tsv.`);
    const { features, names, classes, notes } = await readFeatures(file, {
      ...tableOptionsOf(options),
      ...(options.array !== undefined && { array: options.array }),
    });
    const unit = metric === 'cosine' ? directions(features) : undefined;
    const input = unit === undefined ? conditioned(features) : conditioned(unit, DIRECTION_NOISE);
    const said = [...notes, ...projectionNotes(input, unit?.zeroRows ?? 0, options)];
    for (const note of said) writeLine(`note: ${note}.`);
    const written: string[] = [];
    const began = performance.now();
    let seconds = 0;
    if (out !== undefined) {
      const layout = await project(input.matrix, options);
      seconds = (performance.now() - began) / 1000;
      // Distances in a layout by t-SNE or UMAP are not those of the features.
      const by = options.method === 'pca' || features.rows < FEWEST_FOR_NEIGHBORS ? input.scale : 1;
      const rows = names.map((name, row) => [
        name,
        classes[row],
        by * (layout[2 * row] as number),
        by * (layout[2 * row + 1] as number),
      ]);
      await write(out, csvLines([['name', 'class', 'x', 'y'], ...rows], delimiterOf(out)));
      written.push(out);
    }
    if (projector !== undefined) {
      const hasClasses = classes.some((name) => name !== '');
      written.push(
        ...(await writeProjectorFiles(projector, {
          features: unit ?? features,
          metadata: [{ name: 'name', values: names }, ...(hasClasses ? [{ name: 'class', values: classes }] : [])],
          ...(images !== undefined && { sprite: await matchedSprite(images, names) }),
        })),
      );
    }
    writeResult(
      options,
      {
        files: written,
        method: options.method,
        pictures: features.rows,
        dim: features.dim,
        seconds,
        seed,
        notes: said,
      },
      [
        `${written.join(', ')}: ${counted(features.rows, 'image')}${out === undefined ? '' : ` by ${options.method} in ${seconds.toFixed(1)} s`}`,
      ],
    );
  });

/** What the numbers and their count make of the method. */
function projectionNotes({ matrix, isUniform }: Conditioned, zeroRows: number, options: ProjectOptions): string[] {
  const { rows } = matrix;
  const { method, out, perplexity, neighbors } = options;
  const notes: string[] = [];
  if (isUniform) {
    const alike = options.metric === 'cosine' ? 'point in the same direction' : 'are the same';
    notes.push(`all ${rows} rows ${alike}: how they lie in the plane says nothing`);
  }
  if (zeroRows > 0)
    notes.push(
      `${zeroRows} of ${rows} rows are all zeros, which have no direction: --metric euclidean tells more of them`,
    );
  if (out === undefined || method === 'pca') return notes;
  const fitting = fittingPerplexity(perplexity, rows);
  if (rows < FEWEST_FOR_NEIGHBORS)
    notes.push(`${method} needs ${FEWEST_FOR_NEIGHBORS} rows or more: PCA is used in its place`);
  else if (method === 'tsne' && fitting < perplexity)
    notes.push(`the perplexity ${perplexity} is too large for ${rows} rows: ${Number(fitting.toFixed(2))} is used`);
  else if (method === 'umap' && neighbors > rows - 1)
    notes.push(`${rows} rows have ${rows - 1} neighbors each, fewer than ${neighbors}: as many are used`);
  return notes;
}

async function project(features: Matrix, options: ProjectOptions): Promise<Float32Array> {
  const { seed } = options;
  const line = new ProgressLine();
  try {
    const input = new ProjectionInput(features, seed);
    const descent = await beginProjection(input, methodOf(options), seed, async (share) => {
      line.update(Math.round(100 * share), 100, `neighbors: ${Math.round(100 * share)} %`);
    });
    while (descent.iteration < descent.iterations) {
      descent.step();
      line.update(descent.iteration, descent.iterations, `step ${descent.iteration}/${descent.iterations}`);
    }
    return descent.layout();
  } finally {
    line.end();
  }
}

function methodOf({
  method,
  perplexity,
  iterations,
  learningRate,
  pca,
  neighbors,
  minDist,
}: ProjectOptions): ProjectionMethod {
  if (method === 'pca') return { kind: 'pca' };
  if (method === 'umap') return { kind: 'umap', neighbors, minDist, iterations: iterations ?? 500 };
  return { kind: 'tsne', perplexity, iterations: iterations ?? 1000, learningRate, pcaDimensions: pca };
}

/** @throws Error when an image that the features are of is not in the data set */
async function matchedSprite(data: string, names: readonly string[]): Promise<Sprite> {
  const dataset = await openDataset(data);
  const indices = new Map(Array.from({ length: dataset.size }, (_, index) => [dataset.nameOf(index), index]));
  const images = names.map((name) => {
    const image = indices.get(name);
    if (image === undefined)
      throw new Error(`The image ${name}, which there are features of, is not in ${dataset.path}.`);
    return image;
  });
  return spriteOf(dataset, images);
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function parseDistance(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 3)) throw new InvalidArgumentError('It must be from 0 to 3.');
  return value;
}
