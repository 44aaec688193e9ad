/** Lays features out as the panel does, for the benchmark: layOut FEATURES.npy METHOD SEED OUT.csv; prints the seconds. */
import { readFeatures, write } from '../../src/evaluation/featureFile.js';
import { conditioned } from '../../src/projection/conditioning.js';
import { beginProjection, ProjectionInput } from '../../src/projection/project.js';
import type { ProjectionMethod } from '../../src/protocol/projection.js';
import { csvLines } from '../../src/tables/csv.js';
import { noPace } from '../unit/projection/noPace.js';

const METHODS: Readonly<Record<string, ProjectionMethod>> = {
  tsne: { kind: 'tsne', perplexity: 30, iterations: 1000 },
  umap: { kind: 'umap', neighbors: 15, minDist: 0.1, iterations: 500 },
  pca: { kind: 'pca' },
};

async function main(): Promise<void> {
  const [file = '', method = '', seed = '0', out = ''] = process.argv.slice(2);
  const chosen = METHODS[method];
  if (chosen === undefined)
    throw new Error(`The method must be one of ${Object.keys(METHODS).join(', ')}, not ${method}.`);
  const { features } = await readFeatures(file);
  const began = performance.now();
  const input = new ProjectionInput(conditioned(features).matrix, Number(seed));
  const descent = await beginProjection(input, chosen, Number(seed), noPace);
  while (descent.iteration < descent.iterations) descent.step();
  const layout = descent.layout();
  const seconds = (performance.now() - began) / 1000;
  const rows = Array.from({ length: features.rows }, (_, row) => [layout[2 * row], layout[2 * row + 1]]);
  await write(out, csvLines([['x', 'y'], ...rows]));
  console.log(JSON.stringify({ seconds }));
}

void main();
