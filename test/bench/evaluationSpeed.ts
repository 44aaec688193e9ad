/** Times what evaluations are made of, for the benchmark: evaluationSpeed knn | linear | features [FOLDER CHECKPOINT]. Prints one JSON object. */
import { openDataset } from '../../src/data/dataset.js';
import { chooseEngine } from '../../src/engines/choose.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { nearestByEngine } from '../../src/evaluation/engineNeighbors.js';
import { FeatureExtractor } from '../../src/evaluation/features.js';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../src/evaluation/knn.js';
import { LinearProbes } from '../../src/evaluation/linearProbe.js';
import { initialProbes } from '../../src/method/linearProbe.js';
import { loadNetwork } from '../../src/runs/network.js';

const [TRAIN, TEST, DIM, CLASSES] = [50_000, 10_000, 384, 10];
const KS = [10, 20, 100, 200];
const PROBE = { probes: 13, classes: 100, dim: 4 * DIM, batch: 256 };

/** Rows of length 1, of no meaning. */
function features(rows: number, dim: number): FeatureMatrix {
  const data = new Float32Array(rows * dim);
  let seed = 1;
  for (let i = 0; i < data.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    data[i] = seed / 2 ** 31;
  }
  const matrix = { rows, dim, data };
  normalizeRows(matrix);
  return matrix;
}

const labels = (count: number, classes = CLASSES): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => i % classes);

async function knn(): Promise<number> {
  const [train, test] = [features(TRAIN, DIM), features(TEST, DIM)];
  const engine = await chooseEngine('onnx');
  const began = performance.now();
  const nearest = await nearestByEngine({ train, test, k: Math.max(...KS) }, engine);
  knnAccuracies({
    train,
    test,
    trainLabels: labels(TRAIN),
    testLabels: labels(TEST),
    ks: KS,
    classes: CLASSES,
    nearest,
  });
  return (1000 * TEST) / (performance.now() - began);
}

/** The second epoch: what is compiled and warmed up is there. */
async function linear(): Promise<number> {
  const { classes, dim, batch } = PROBE;
  const probes = await LinearProbes.create(await chooseEngine('onnx'), PROBE, initialProbes(PROBE, 0));
  const data = { vectors: features(TRAIN, dim), labels: labels(TRAIN, classes) };
  const rates = Array.from({ length: PROBE.probes }, (_, i) => 0.001 * (i + 1));
  const order = Int32Array.from({ length: TRAIN }, (_, i) => (i * 7919) % TRAIN);
  await probes.epoch(data, rates, order.subarray(0, 10 * batch));
  const began = performance.now();
  await probes.epoch(data, rates, order);
  const taken = performance.now() - began;
  await probes.dispose();
  return (1000 * TRAIN) / taken;
}

/** The second pass over the images. */
async function featuresOfFiles(folder: string, checkpoint: string): Promise<number> {
  const dataset = await openDataset(folder);
  const network = await loadNetwork(checkpoint, { numHeads: 6 });
  const extractor = await FeatureExtractor.create(await chooseEngine('onnx'), network);
  await extractor.extract(dataset);
  const began = performance.now();
  await extractor.extract(dataset);
  const taken = performance.now() - began;
  await extractor.dispose();
  return (1000 * dataset.size) / taken;
}

async function main(): Promise<void> {
  const [what, folder = '', checkpoint = ''] = process.argv.slice(2);
  const speed = what === 'knn' ? knn() : what === 'linear' ? linear() : featuresOfFiles(folder, checkpoint);
  console.log(JSON.stringify({ images_per_s: await speed, peak_rss_mb: process.resourceUsage().maxRSS / 1024 }));
}

main().catch((error: unknown) => {
  console.error(errorMessage(error));
  process.exitCode = 1;
});
