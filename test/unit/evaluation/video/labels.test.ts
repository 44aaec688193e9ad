import { describe, expect, it } from 'vitest';
import { resizeNearest } from '../../../../src/evaluation/nearest.js';
import { labelOfEach, maskOf, oneHot, stretch } from '../../../../src/evaluation/video/labelMaps.js';
import { LabelPropagation, neighborsOf, type PropagationSettings } from '../../../../src/evaluation/video/propagate.js';

const grid = { rows: 1, columns: 3 };
/** A direction a patch, each at a right angle to the others. */
const apart = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
const shifted = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);
const labels = oneHot(Uint8Array.of(0, 1, 2));

describe('propagation', () => {
  it('follows a patch to where it went', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 0, topK: 1 });
    expect([...propagation.next(shifted)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  it('looks no further than its radius', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 1, topK: 1 });
    const [background, first, second] = [0, 3, 6].map((at) => propagation.next(shifted).subarray(at, at + 3)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    // The last patch came from the first one, which is out of reach: its two neighbors tie.
    expect([background[2], first[2], second[2]]).toEqual([0, 0.5, 0.5]);
  });

  it('keeps the first frame, and so many of the last', () => {
    const same = Float32Array.of(1, 1, 1);
    const propagation = new LabelPropagation(grid, same, labels, { frames: 1, radius: 0, topK: 1 });
    for (let frame = 0; frame < 3; frame++)
      expect([...propagation.next(same)]).toEqual(Array.from({ length: 9 }, () => expect.closeTo(1 / 3, 6)));
  });

  it('takes all sources when there are fewer than k', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 0, topK: 100 });
    const sum = [0, 3, 6].reduce((total, at) => total + (propagation.next(shifted)[at] as number), 0);
    expect(sum).toBeCloseTo(1, 1);
  });
});

describe('the weights of sources', () => {
  const pair = { rows: 1, columns: 2 };
  const two = oneHot(Uint8Array.of(0, 1));
  /** What the first patch of the next frame gets of both labels. */
  const shares = (topK: number) => {
    const propagation = new LabelPropagation(pair, Float32Array.of(5, 0, 0, 0.1), two, { frames: 1, radius: 0, topK });
    const [background, , object] = propagation.next(Float32Array.of(3, 4, 1, 0));
    return [background, object];
  };

  it('are exp(cosine / 0.1), whatever the lengths of the tokens', () => {
    // Of (3, 4) and the axes: 0.6 and 0.8.
    expect(shares(2)).toEqual([1 / (1 + Math.E ** 2), 1 / (1 + Math.E ** -2)].map((share) => expect.closeTo(share, 6)));
  });

  it('count for so many of the most similar alone', () => {
    expect(shares(1)).toEqual([0, 1]);
  });

  it('are even for a patch without features', () => {
    const propagation = new LabelPropagation(pair, Float32Array.of(0, 0, 0, 1), two, { frames: 0, radius: 0, topK: 5 });
    expect([...propagation.next(Float32Array.of(0, 0, 0, 0))]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

it('A frame is a source for so many frames after it, and the first one always', () => {
  const axis = (which: number) => Array.from({ length: 8 }, (_, i) => (i === which ? 1 : 0));
  const pair = { rows: 1, columns: 2 };
  const isKnown = (frames: number, between: number) => {
    const first = Float32Array.of(...axis(0), ...axis(1));
    const propagation = new LabelPropagation(pair, first, oneHot(Uint8Array.of(0, 1)), { frames, radius: 0, topK: 1 });
    // Its first patch is background by the first frame, and has something new, too.
    propagation.next(Float32Array.of(0.6, 0, 0.8, 0, 0, 0, 0, 0, ...axis(1)));
    for (let frame = 0; frame < between; frame++)
      propagation.next(Float32Array.of(...axis(3 + frame), ...axis(3 + frame)));
    const [background, , object] = propagation.next(Float32Array.of(...axis(2), ...axis(1)));
    expect([background, object]).toEqual(
      expect.toBeOneOf([
        [1, 0],
        [0.5, 0.5],
      ]),
    );
    return background === 1;
  };
  for (const frames of [0, 1, 2, 3])
    for (const between of [0, 1, 2, 3]) expect(isKnown(frames, between), `${frames} ${between}`).toBe(between < frames);
});

it('Labels are the weighted mean of the most similar sources within reach, whatever the grid', () => {
  /** Two numbers a patch, which nothing else has. */
  const tokens = (frame: number) =>
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(7.3 * (12 * frame + i) ** 1.5));
  const cosine = (one: Float32Array, other: Float32Array, a: number, b: number) => {
    const [x = 0, y = 0, u = 0, v = 0] = [...one.subarray(2 * a, 2 * a + 2), ...other.subarray(2 * b, 2 * b + 2)];
    const norm = Math.hypot(x, y) * Math.hypot(u, v);
    return norm === 0 ? 0 : (x * u + y * v) / norm;
  };
  /** By the definition: [patch][label] of the last frame. */
  const wanted = (frames: readonly Float32Array[], given: readonly number[], by: PropagationSettings) => {
    const count = 1 + Math.max(...given);
    const known: number[][][] = [
      given.map((label) => Array.from({ length: count }, (_, each) => (each === label ? 1 : 0))),
    ];
    for (let at = 1; at < frames.length; at++) {
      const sources = [...new Set([0, ...known.keys()])].filter((frame) => frame === 0 || frame >= at - by.frames);
      known.push(
        given.map((_, patch) => {
          const found = sources.flatMap((frame) =>
            [0, 1, 2, 3, 4, 5]
              .filter((other) => {
                const away = [Math.floor(patch / 3) - Math.floor(other / 3), (patch % 3) - (other % 3)].map(Math.abs);
                return by.radius === 0 || Math.max(...away) <= by.radius;
              })
              .map((other) => ({
                similarity: cosine(frames[at] ?? apart, frames[frame] ?? apart, patch, other),
                labels: known[frame]?.[other] ?? [],
              })),
          );
          const sorted = found.map(({ similarity }) => similarity).sort((a, b) => b - a);
          const least = sorted[by.topK - 1] ?? -1;
          const chosen = found.filter(({ similarity }) => similarity >= least - 1e-9);
          const sum = chosen.reduce((total, { similarity }) => total + Math.exp(similarity / 0.1), 0);
          return Array.from({ length: count }, (_, label) =>
            chosen.reduce(
              (total, { similarity, labels }) => total + (Math.exp(similarity / 0.1) * (labels[label] ?? 0)) / sum,
              0,
            ),
          );
        }),
      );
    }
    return known.at(-1) ?? [];
  };
  const given = [0, 2, 1, 0, 1, 2];
  const frames = [0, 1, 2, 3, 4].map(tokens);
  for (const by of [0, 1, 2, 3].flatMap((frames) =>
    [0, 1, 2].flatMap((radius) => [1, 2, 5, 40].map((topK) => ({ frames, radius, topK }))),
  )) {
    const propagation = new LabelPropagation({ rows: 2, columns: 3 }, tokens(0), oneHot(Uint8Array.from(given)), by);
    const found = frames
      .slice(1)
      .map((frame) => propagation.next(frame))
      .at(-1);
    for (const [patch, shares] of wanted(frames, given, by).entries())
      for (const [label, share] of shares.entries())
        expect(found?.[label * 6 + patch], `patch ${patch}, label ${label}`).toBeCloseTo(share, 5);
  }
});

it('Neighbors are all patches within the radius, in reading order', () => {
  for (const [rows, columns] of [
    [4, 5],
    [1, 6],
    [5, 1],
  ] as const)
    for (let radius = 1; radius < 4; radius++)
      for (let patch = 0; patch < rows * columns; patch++) {
        const isNear = (_: unknown, other: number) =>
          Math.abs(Math.floor(other / columns) - Math.floor(patch / columns)) <= radius &&
          Math.abs((other % columns) - (patch % columns)) <= radius;
        expect([...neighborsOf({ rows, columns }, patch, radius)]).toEqual(
          [...Array(rows * columns).keys()].filter(isNear),
        );
      }
});

it('Neighbors are cut at the edges', () => {
  expect([...neighborsOf({ rows: 3, columns: 3 }, 0, 1)]).toEqual([0, 1, 3, 4]);
  expect([...neighborsOf({ rows: 3, columns: 3 }, 5, 1)]).toEqual([1, 2, 4, 5, 7, 8]);
  expect([...neighborsOf({ rows: 1, columns: 2 }, 1, 0)]).toEqual([0, 1]);
});

describe('label maps', () => {
  it('are stretched each by itself; constant ones become NaN, those without anything stay', () => {
    const maps = Float32Array.of(1, 3, 5, 2, 2, 2, 0, 0, 0);
    stretch(maps, 3);
    expect([...maps]).toEqual([0, 0.5, 1, Number.NaN, Number.NaN, Number.NaN, 0, 0, 0]);
  });

  it('give the first of the largest labels, and NaN is the largest', () => {
    expect([...labelOfEach(Float32Array.of(1, 0, 0, 1, 1, Number.NaN, 0, 1, 9), 3)]).toEqual([0, 1, 1]);
  });

  it('become masks of the size of the frame', () => {
    const mask = maskOf(oneHot(Uint8Array.of(1, 0)), { rows: 1, columns: 2 }, 4, { width: 4, height: 2 });
    expect([...mask]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });

  it('lose what vanished at the top end', () => {
    expect([...oneHot(Uint8Array.of(0, 2))]).toEqual([1, 0, 0, 0, 0, 1]);
    expect(oneHot(Uint8Array.of(0, 0))).toHaveLength(2);
  });
});

it('Nearest pixels are those of Pillow, whose steps add up', () => {
  const values = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(resizeNearest(values, { width: 32, height: 1 }, { width: 26, height: 1 })[19]).toBe(23);
  expect([...resizeNearest(values.subarray(0, 4), { width: 2, height: 2 }, { width: 4, height: 1 })]).toEqual([
    2, 2, 3, 3,
  ]);
});
