/**
 * The attention of one block in the form that it is computed from. The whole matrix, [heads, tokens, tokens], grows with the square
 * of the patches (622 MB for 3600 patches and 12 heads); queries and keys grow with the patches alone (22 MB), and a row of the
 * matrix is made of them faster than a screen is drawn.
 */
export interface QueriesAndKeys {
  readonly heads: number;
  /** Patches. */
  readonly rows: number;
  readonly columns: number;
  /** Register tokens, which stand between the CLS token and the patches. */
  readonly registers: number;
  /** [heads, 1 + registers + rows * columns, dim / heads], the CLS token first; scaled. */
  readonly queries: Float32Array;
  /** The same of the keys. */
  readonly keys: Float32Array;
}

/** Whose attention: the CLS token's, that of a patch, by its place in reading order, or that of a register, from 0. */
export type Query = 'cls' | number | { readonly register: number };

/**
 * The attention of one query to every patch, [heads, rows * columns]: a row of each head's softmax. What it pays to the CLS token and to
 * registers is left out, so a head's values sum to less than 1.
 */
export function attentionOf(of: QueriesAndKeys, query: Query): Float32Array {
  const { heads, rows, columns, registers, queries, keys } = of;
  const patches = rows * columns;
  const first = 1 + registers;
  const tokens = first + patches;
  const width = keys.length / (heads * tokens);
  const token = tokenOf(query, of);
  const attention = new Float32Array(heads * patches);
  const logits = new Float64Array(tokens);
  for (let head = 0; head < heads; head++) {
    const start = head * tokens * width;
    const asks = queries.subarray(start + token * width, start + (token + 1) * width);
    let most = Number.NEGATIVE_INFINITY;
    for (let key = 0; key < tokens; key++) {
      const at = start + key * width;
      let product = 0;
      for (let i = 0; i < width; i++) product += (asks[i] as number) * (keys[at + i] as number);
      logits[key] = product;
      if (product > most) most = product;
    }
    let sum = 0;
    for (let key = 0; key < tokens; key++) {
      const weight = Math.exp((logits[key] as number) - most);
      logits[key] = weight;
      sum += weight;
    }
    for (let patch = 0; patch < patches; patch++)
      attention[head * patches + patch] = (logits[first + patch] as number) / sum;
  }
  return attention;
}

/** Its place among all tokens. @throws Error when there is none */
function tokenOf(
  query: Query,
  { registers, rows, columns }: Pick<QueriesAndKeys, 'registers' | 'rows' | 'columns'>,
): number {
  if (query === 'cls') return 0;
  const [index, count, name] =
    typeof query === 'number' ? [query, rows * columns, 'patch'] : [query.register, registers, 'register'];
  if (!(Number.isInteger(index) && index >= 0 && index < count))
    throw new Error(
      `there are ${count} ${name === 'patch' ? 'patches' : 'registers'}, so ${name} ${index} has no attention`,
    );
  return name === 'patch' ? 1 + registers + index : 1 + index;
}
