import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import { compiledFor, inPieces, piecesFor } from '../../../src/engines/pieces.js';

const onFourCores = { pieces: { layerSize: 1000, calls: 4 } };

describe('Many images', () => {
  it('are computed in pieces whose layers are about as large as the engine wants', () => {
    expect(piecesFor(onFourCores, 500, 64)).toEqual({ images: 2, calls: 4 });
    expect(piecesFor(onFourCores, 390, 64)).toEqual({ images: 3, calls: 4 });
    expect(piecesFor(onFourCores, 9000, 64)).toEqual({ images: 1, calls: 4 });
  });

  it('leave no core without a piece, and fewer images than cores are one call on all cores', () => {
    expect(piecesFor(onFourCores, 10, 64)).toEqual({ images: 16, calls: 4 });
    expect(piecesFor(onFourCores, 10, 6)).toEqual({ images: 2, calls: 4 });
    expect(piecesFor(onFourCores, 10, 3)).toEqual({ images: 3, calls: 1 });
  });

  it('are computed all at once by an engine that wants no pieces', () => {
    expect(piecesFor({}, 10, 64)).toEqual({ images: 64, calls: 1 });
  });

  it('are computed one by one by the eager engine, so that a few do not take as long as a batch', () => {
    expect(piecesFor(eagerEngine, 10, 64)).toEqual({ images: 1, calls: 1 });
  });

  it('are called for in an overlapping way only where several calls are made at once', () => {
    expect(compiledFor({ images: 2, calls: 4 })).toEqual({ callsAtOnce: 4 });
    expect(compiledFor({ images: 64, calls: 1 })).toEqual({});
  });

  it('are gone through once each, no more calls at a time than the engine wants', async () => {
    const seen: [number, number][] = [];
    let running = 0;
    let most = 0;
    await inPieces({ images: 3, calls: 2 }, 10, async (first, end) => {
      running++;
      most = Math.max(most, running);
      seen.push([first, end]);
      await nextTurn();
      running--;
    });
    expect(seen).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 10],
    ]);
    expect(most).toBe(2);
  });

  it('end with the first call that fails', async () => {
    const called: number[] = [];
    const failing = inPieces({ images: 1, calls: 2 }, 9, async (first) => {
      called.push(first);
      await nextTurn();
      if (first === 1) throw new Error('no memory');
    });
    await expect(failing).rejects.toThrow('no memory');
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(called).toEqual([0, 1, 2]);
  });
});
