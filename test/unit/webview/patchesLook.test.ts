import { describe, expect, it } from 'vitest';
import { pagePatches } from '../../../src/host/pageAnswer.js';
import { patchesAnswerSchema } from '../../../src/protocol/attentionPanel.js';
import type { ImagePatches } from '../../../src/protocol/worker.js';
import { patchesLookOf, patchPixels, similarityTo } from '../../../webview/attention/patchesLook.js';
import { overlayPixels } from '../../../webview/shared/attentionOverlay.js';

// Views into larger buffers, of which only their own part is told.
const floats = (...values: readonly number[]) => new Float32Array([9, ...values, 9]).subarray(1, 1 + values.length);
const bytes = (...values: readonly number[]) => new Uint8Array([9, ...values, 9]).subarray(1, 1 + values.length);

const first: ImagePatches = {
  ...{ rows: 1, columns: 2, width: 2, height: 1, resolution: 2, checkpointName: 'flowers', notes: [] },
  image: bytes(1, 2, 3, 4, 5, 6),
  seen: { width: 4, height: 2 },
  original: { width: 20, height: 10 },
  dim: 2,
  features: floats(3, 0, 0, 7),
  colors: bytes(10, 20, 30, 40, 50, 60),
  foreground: bytes(1, 0),
};
const second: ImagePatches = {
  ...first,
  ...{ rows: 1, columns: 3, image: bytes(7, 8, 9, 1, 2, 3) },
  features: floats(-1, 0, 0, 2, 5, 5),
  colors: bytes(1, 2, 3, 4, 5, 6, 7, 8, 9),
  foreground: bytes(0, 1, 1),
};
const received = (...images: readonly ImagePatches[]) =>
  patchesLookOf(patchesAnswerSchema.parse(structuredClone(pagePatches({ images, explained: 0.25, isParted: true }))));

describe('Patch features', () => {
  it('arrive at the page, one image or two, each feature of length 1', () => {
    const one = received(first);
    expect(one).toMatchObject({ kind: 'patches', rows: 1, columns: 2, dim: 2, explained: 0.25, isParted: true });
    expect([one.image, one.units, one.colors]).toEqual([
      Uint8Array.from(first.image),
      Float32Array.of(1, 0, 0, 1),
      Uint8Array.from(first.colors),
    ]);
    expect(one.beside).toBeUndefined();
    expect(received(first, second).beside).toMatchObject({ columns: 3, foreground: Uint8Array.of(0, 1, 1) });
    expect(() => received()).toThrow('no image');
  });

  it('are compared in the image and in the second one, of which the most similar patch is named, on one scale', () => {
    const { values, beside, range } = similarityTo(received(first, second), 0);
    expect(values).toEqual(Float32Array.of(1, 0));
    expect(beside?.best).toBe(2);
    expect(beside?.values[2]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(range).toEqual([-1, 1]);
    expect(similarityTo(received(first), 1).range).toEqual([0, 1]);
  });

  it('are compared anew for another patch, and not for the same one', () => {
    const look = received(first, second);
    const kept = similarityTo(look, 0);
    expect(similarityTo(look, 0)).toBe(kept);
    expect(similarityTo(look, 1).values).toEqual(Float32Array.of(0, 1));
  });

  it('are colored over the image, all of them or the foreground alone', () => {
    const { colors, foreground } = received(first);
    const all = patchPixels({ colors, foreground }, { opacity: 0.6, isForegroundOnly: false });
    expect([...all]).toEqual([10, 20, 30, 153, 40, 50, 60, 153]);
    const only = patchPixels({ colors, foreground }, { opacity: 0.6, isForegroundOnly: true });
    expect([only[3], only[7]]).toEqual([153, 0]);
  });

  it('are drawn as heat between the ends of the scale', () => {
    const options = { kind: 'heat', opacity: 1, share: 0.6, colorMap: 'gray' } as const;
    const pixels = overlayPixels(Float32Array.of(0, 1), { ...options, range: [-1, 1] });
    expect([pixels[0], pixels[4]]).toEqual([128, 255]);
    expect(overlayPixels(Float32Array.of(0, 1), options)[0]).toBe(0);
  });
});
