/**
 * How long a search among many features takes, and how much of what lies nearest it finds: retrieval [ROWS] [DIM]. The features are made:
 * clusters on a sphere, each along a few directions of its own with some noise, as features of similar images are.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { rowOf } from '../../src/evaluation/featureRows.js';
import { type FeatureMatrix, normalizeRows } from '../../src/evaluation/knn.js';
import { loadUsearch, NeighborGraph } from '../../src/evaluation/retrieval/neighborGraph.js';
import { nearestRows } from '../../src/evaluation/retrieval/search.js';
import { median } from '../../src/statistics/median.js';

const QUERIES = 100;
const K = 10;
const ROWS_OF_A_CLUSTER = 500;
const DIRECTIONS = 12;
const SPREAD = 0.35;
const NOISE = 0.02;

/** The last {@link QUERIES} rows are the queries. */
function features(rows: number, dim: number): FeatureMatrix {
  const stream = xoroshiro128plus(1);
  const draw = () => uniformFloat64(stream) * 2 - 1;
  const clusters = Math.ceil(rows / ROWS_OF_A_CLUSTER);
  const vectors = (count: number) => Float32Array.from({ length: count * dim }, draw);
  const [centers, directions] = [vectors(clusters), vectors(64)];
  const data = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const cluster = Math.floor(uniformFloat64(stream) * clusters);
    const into = data.subarray(row * dim, (row + 1) * dim);
    into.set(centers.subarray(cluster * dim, (cluster + 1) * dim));
    for (let k = 0; k < DIRECTIONS; k++) {
      const weight = SPREAD * draw();
      const at = ((cluster * 7 + k * 5) % 64) * dim;
      for (let i = 0; i < dim; i++) into[i] = (into[i] as number) + weight * (directions[at + i] as number);
    }
    for (let i = 0; i < dim; i++) into[i] = (into[i] as number) + NOISE * draw();
  }
  const made = { rows, dim, data };
  normalizeRows(made);
  return made;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;
const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

interface Measured {
  readonly ms: number;
  /** Of the processor, on average: what is left on a machine that does other work, too. */
  readonly processorMs: number;
  readonly slowest: number;
  readonly found: readonly (readonly number[])[];
}

function measure(queries: number, search: (query: number) => readonly number[]): Measured {
  const times: number[] = [];
  const before = process.cpuUsage();
  const found: (readonly number[])[] = [];
  for (let query = 0; query < queries; query++) {
    const began = performance.now();
    found.push(search(query));
    times.push(performance.now() - began);
  }
  const sorted = [...times].sort((one, other) => one - other);
  const { user, system } = process.cpuUsage(before);
  return {
    ms: median(times),
    processorMs: (user + system) / 1000 / queries,
    slowest: sorted[Math.floor(0.95 * sorted.length)] ?? 0,
    found,
  };
}

async function main(): Promise<void> {
  const rows = Number(process.argv[2] ?? 1_000_000);
  const dim = Number(process.argv[3] ?? 384);
  const usearch = await loadUsearch();
  if (typeof usearch === 'string') throw new Error(usearch);
  const all = features(rows + QUERIES, dim);
  const searched = { rows, dim, data: all.data.slice(0, rows * dim) };
  const query = (number: number) => rowOf(all, rows + number);
  const exact = measure(QUERIES, (number) => nearestRows(searched, query(number), K, -1).map(({ row }) => row));
  const before = process.memoryUsage.rss();
  const processor = process.cpuUsage();
  const began = performance.now();
  const graph = await NeighborGraph.build(usearch, searched, (done) => {
    if (done % 100_000 === 0) process.stderr.write(`${done} rows after ${Math.round(seconds(began))} s\n`);
  });
  const built = {
    seconds: seconds(began),
    memory: process.memoryUsage.rss() - before,
    cpu: process.cpuUsage(processor).user,
  };
  const whole = { graph, rowOf: Int32Array.from({ length: rows }, (_, row) => row), others: [] };
  const near = measure(QUERIES, (number) => nearestRows(searched, query(number), K, -1, whole).map(({ row }) => row));
  const right = near.found.flatMap((found, number) => found.filter((row) => exact.found[number]?.includes(row)));
  const folder = mkdtempSync(join(tmpdir(), 'dino-graph-'));
  graph.save(join(folder, 'graph'));
  const loading = performance.now();
  NeighborGraph.load(usearch, join(folder, 'graph'), rows, dim);
  const loaded = seconds(loading);
  const file = statSync(join(folder, 'graph')).size;
  rmSync(folder, { recursive: true });
  console.log(`| rows x dim | exact, ms (processor) | graph, ms (95 %; processor) | recall@10 | build, s (processor) | load, s | memory of the graph, MB | file, MB |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ${rows} x ${dim} | ${exact.ms.toFixed(1)} (${exact.processorMs.toFixed(1)}) | ${near.ms.toFixed(2)} (${near.slowest.toFixed(2)}; ${near.processorMs.toFixed(2)}) | ${(right.length / QUERIES / K).toFixed(3)} | ${built.seconds.toFixed(0)} (${Math.round(built.cpu / 1e6)}) | ${loaded.toFixed(1)} | ${megabytes(built.memory)} | ${megabytes(file)} |
${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`);
}

void main();
