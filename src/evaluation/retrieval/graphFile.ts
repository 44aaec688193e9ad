/**
 * A graph of an index's rows, kept beside the index: usearch's own file (`.graph`), and a file that says what it is of (`.graph.of`),
 * which is written last. It outlives small changes of the index: rows that came later are compared one by one, and rows that are gone are
 * passed over.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { FeatureIndex, IndexedImage } from './indexFile.js';
import { loadUsearch, MOST_EXACT_ROWS, NeighborGraph } from './neighborGraph.js';

const ofSchema = z.object({
  version: z.literal(1),
  network: z.string(),
  dim: z.int().min(1),
  rows: z.int().min(1),
  /** SHA-256 of usearch's file. */
  graph: z.string(),
  /** Little-endian float64 in base64: for each row of the graph, what its image is known by. */
  images: z.base64(),
});

/** A share of rows that came or went since the graph was built. */
const MOST_CHANGED = 0.1;

/** How the rows of an index are searched without a look at each. */
export interface RowGraph {
  readonly graph: NeighborGraph;
  /** The index's row of each row of the graph, -1: it is gone. */
  readonly rowOf: Int32Array;
  /** Rows of the index that the graph lacks. */
  readonly others: readonly number[];
}

interface GraphWork {
  readonly signal: AbortSignal;
  progress(done: number, total: number, of: string): void;
}

/**
 * The graph of an index, built where there is none that fits.
 * @param path of the index
 * @returns undefined up to {@link MOST_EXACT_ROWS} rows; a sentence where the library cannot run
 */
export async function graphOf(
  path: string,
  index: FeatureIndex,
  work: GraphWork,
  mostExact = MOST_EXACT_ROWS,
): Promise<RowGraph | string | undefined> {
  const { rows } = index.features;
  if (rows <= mostExact) return undefined;
  const usearch = await loadUsearch();
  if (typeof usearch === 'string') return usearch;
  const known = index.images.map(knownBy);
  const kept = await keptGraph(usearch, path, index, known);
  if (kept !== undefined) return kept;
  const graph = await NeighborGraph.build(usearch, index.features, async (done) => {
    work.progress(done, rows, 'graph of nearest neighbors');
    await new Promise((resolve) => setImmediate(resolve));
    work.signal.throwIfAborted();
  });
  await keep(path, index, graph, known);
  return { graph, rowOf: Int32Array.from(known.keys()), others: [] };
}

async function keptGraph(
  usearch: Exclude<Awaited<ReturnType<typeof loadUsearch>>, string>,
  path: string,
  index: FeatureIndex,
  known: readonly number[],
): Promise<RowGraph | undefined> {
  try {
    const of = ofSchema.parse(JSON.parse(await readFile(`${path}.graph.of`, 'utf8')));
    if (of.network !== index.network || of.dim !== index.features.dim) return undefined;
    const bytes = Buffer.from(of.images, 'base64');
    const images = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const rows = new Map(known.map((image, row) => [image, row]));
    const rowOf = Int32Array.from(images, (image) => rows.get(image) ?? -1);
    const inGraph = new Set(rowOf);
    const others = [...known.keys()].filter((row) => !inGraph.has(row));
    const gone = rowOf.reduce((count, row) => count + (row < 0 ? 1 : 0), 0);
    if (others.length + gone > MOST_CHANGED * known.length || images.length !== of.rows) return undefined;
    // usearch takes what it reads for whole: a file that was cut off would end the process.
    if ((await hashOfFile(`${path}.graph`)) !== of.graph) return undefined;
    return { graph: NeighborGraph.load(usearch, `${path}.graph`, of.rows, of.dim), rowOf, others };
  } catch {
    return undefined; // It is built again.
  }
}

/** Where nothing can be written, it is built again the next time. */
async function keep(path: string, index: FeatureIndex, graph: NeighborGraph, known: readonly number[]): Promise<void> {
  const unfinished = `${path}.graph.${process.pid}`;
  try {
    await rm(`${path}.graph.of`, { force: true });
    graph.save(unfinished);
    const of: z.output<typeof ofSchema> = {
      ...{ version: 1, network: index.network, dim: graph.dim, rows: graph.rows },
      graph: await hashOfFile(unfinished),
      images: Buffer.from(Float64Array.from(known).buffer).toString('base64'),
    };
    await rename(unfinished, `${path}.graph`);
    await writeFileAtomic(`${path}.graph.of`, JSON.stringify(of));
  } catch {
    await rm(unfinished, { force: true });
  }
}

/** A number of 53 bits. Two images that share one by chance, one pair in 10,000 indexes of a million, cost a match at worst. */
function knownBy({ name, stamp }: IndexedImage): number {
  const hash = createHash('sha256').update(`${stamp} ${name}`).digest();
  return hash.readUIntBE(0, 6) * 32 + (hash.readUInt8(6) >> 3);
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
