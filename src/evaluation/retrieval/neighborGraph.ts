/**
 * Nearest neighbors among more rows than are compared with each query: a graph in which a search goes from neighbor to neighbor (HNSW,
 * Malkov & Yashunin 2016), by usearch. It holds the rows as int8; what it finds is compared again with the rows themselves.
 */
import { errorMessage } from '../../errors/errorMessage.js';
import type { FeatureMatrix } from '../knn.js';

type Usearch = typeof import('usearch');
type UsearchIndex = InstanceType<Usearch['Index']>;

/** Up to so many rows all are compared with a query, which takes some 50 ms. */
export const MOST_EXACT_ROWS = 100_000;
/** usearch's usual numbers. */
const CONNECTIVITY = 16;
const EXPANSION_ADD = 128;
/**
 * More than usual. Several threads build the graph, each time another one, and with 128 a search in some of them misses whole clusters: of a
 * million rows .946 to .992 of the ten nearest were found. With so many a query takes 2 ms longer.
 */
const EXPANSION_SEARCH = 1024;
/** Rows between two looks at whether the work is still wanted. */
const PIECE = 2000;

/** The library; a sentence where there is no build of it for this machine, such as Windows on ARM. */
export async function loadUsearch(): Promise<Usearch | string> {
  try {
    return await import('usearch');
  } catch (error) {
    return `Approximate search is not available on this machine (${process.platform}-${process.arch}), so every image is compared: ${firstLine(errorMessage(error))}.`;
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\.$/, '');

/** The rows of a matrix of features of length 1, by their numbers. */
export class NeighborGraph {
  private constructor(
    private readonly index: UsearchIndex,
    readonly rows: number,
    readonly dim: number,
  ) {}

  /** Minutes for a million rows. @param onProgress hears how many rows are in the graph; what it throws ends the work */
  static async build(
    usearch: Usearch,
    { rows, dim, data }: FeatureMatrix,
    onProgress: (done: number) => void | Promise<void>,
  ): Promise<NeighborGraph> {
    const index = empty(usearch, dim);
    for (let start = 0; start < rows; start += PIECE) {
      const end = Math.min(rows, start + PIECE);
      const numbers = BigUint64Array.from({ length: end - start }, (_, i) => BigInt(start + i));
      // A copy of their own: usearch reads a view from the beginning of what it is a view of.
      index.add(numbers, data.slice(start * dim, end * dim));
      await onProgress(end);
    }
    return new NeighborGraph(index, rows, dim);
  }

  /** @throws Error when it is no such file */
  static load(usearch: Usearch, path: string, rows: number, dim: number): NeighborGraph {
    const index = empty(usearch, dim);
    index.load(path);
    if (index.size() !== rows || index.dimensions() !== dim) throw new Error(`${path} is of other rows`);
    return new NeighborGraph(index, rows, dim);
  }

  save(path: string): void {
    this.index.save(path);
  }

  /** The numbers of about the nearest rows. @param query [dim] @param count at most the number of rows */
  near(query: Float32Array, count: number): number[] {
    const { keys } = this.index.search(Float32Array.from(query), Math.min(count, this.rows), 1);
    return Array.from(keys, Number);
  }
}

const empty = ({ Index, MetricKind, ScalarKind }: Usearch, dim: number): UsearchIndex =>
  new Index({
    dimensions: dim,
    metric: MetricKind.IP,
    quantization: ScalarKind.I8,
    connectivity: CONNECTIVITY,
    expansion_add: EXPANSION_ADD,
    expansion_search: EXPANSION_SEARCH,
    multi: false,
  });
