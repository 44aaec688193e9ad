/** Many images, none of which depends on another, gone through piece by piece: several pieces at once where the engine is faster so. */
import type { CompileOptions, Engine } from './engine.js';

export interface Pieces {
  /** Of a call. */
  readonly images: number;
  /** At once. */
  readonly calls: number;
}

/**
 * @param outputSize a backbone's: see `Backbone`
 * @param batch images that there are at a time
 */
export function piecesFor({ pieces }: Pick<Engine, 'pieces'>, outputSize: number, batch: number): Pieces {
  // Fewer images than calls at once would leave cores idle.
  if (pieces === undefined || batch < pieces.calls) return { images: batch, calls: 1 };
  const { layerSize, calls } = pieces;
  const images = Math.max(1, Math.round(layerSize / outputSize));
  return { images: Math.min(images, Math.ceil(batch / calls)), calls };
}

/** How a program is compiled that is called for such pieces. */
export const compiledFor = ({ calls }: Pieces): CompileOptions => (calls > 1 ? { callsAtOnce: calls } : {});

/**
 * Calls for every piece of `count` images; of several calls at once, each makes its inputs while the others compute. After a call that
 * fails none is made.
 * @param call gets the first image's number, and that after the last one's
 * @throws what a call throws
 */
export async function inPieces(
  { images, calls }: Pieces,
  count: number,
  call: (first: number, end: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const goThrough = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next = Math.min(count, next + images);
      try {
        await call(first, next);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: calls }, goThrough));
}
