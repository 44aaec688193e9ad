import { describe, expect, it } from 'vitest';
import { boundary, boundaryRadius, contourScore } from '../../../../src/evaluation/video/contours.js';
import { davisScore, objectsOf, scoreSequence, statisticsOf } from '../../../../src/evaluation/video/davis.js';
import { frameInput, frameSize, originalAnnotationSize } from '../../../../src/evaluation/video/frames.js';

describe('contours', () => {
  const size = { width: 3, height: 3 };

  it('are where a pixel differs from its right, lower or lower right neighbor', () => {
    expect([...boundary([0, 0, 0, 0, 1, 0, 0, 0, 0], size)]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
    expect([...boundary([0, 0, 0, 0, 0, 0, 0, 1, 1], size)]).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0]);
    expect([...boundary([0, 0, 0, 0, 0, 0, 0, 0, 1], size)]).toEqual([0, 0, 0, 0, 1, 1, 0, 1, 0]);
  });

  it('meet within a share of the diagonal, or pixels', () => {
    expect(boundaryRadius({ width: 854, height: 480 })).toBe(8);
    expect(boundaryRadius(size, 3)).toBe(3);
    const [one, other] = [
      [1, 0, 0, 0, 0, 0],
      [1, 1, 1, 0, 0, 0],
    ];
    const line = { width: 6, height: 1 };
    expect(contourScore(one, other, line, { tolerance: 1 })).toBe(0);
    expect(contourScore(one, other, line, { tolerance: 2 })).toBe(1);
  });

  it('are equal where there is none, and unequal where only one mask has one', () => {
    const [none, all, some] = [0, 1, 2].map((kind) =>
      Uint8Array.from({ length: 9 }, (_, i) => (kind === 2 ? i % 2 : kind)),
    );
    if (none === undefined || all === undefined || some === undefined) throw new Error('they are three');
    expect(contourScore(none, all, size)).toBe(1);
    expect(contourScore(none, some, size)).toBe(0);
    expect(contourScore(some, all, size)).toBe(0);
    expect(contourScore(some, none, size, { voidPixels: all })).toBe(1);
  });
});

describe('statistics', () => {
  it('have quarters that share a frame', () => {
    expect(statisticsOf([1, 1, 0.5, 0.25, 0])).toEqual({ mean: 0.55, recall: 0.4, decay: 0.875 });
    expect(statisticsOf([0.75])).toEqual({ mean: 0.75, recall: 1, decay: 0 });
  });

  it('have quarters that end at the nearest frame, of two the later one', () => {
    // Quarters of three frames end at 0, 0.5, 1, 1.5 and 2: the first has two frames, the last has one.
    expect(statisticsOf([1, 0.5, 0.25]).decay).toBe(0.5);
    // Of four at 0, 0.75, 1.5, 2.25 and 3: two each.
    expect(statisticsOf([1, 0.5, 0.25, 0.125]).decay).toBe(0.5625);
  });

  it('do not wrap around beyond 256 values', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : 0));
    expect(statisticsOf(values).decay).toBe(1);
  });

  it('of nothing are refused', () => {
    expect(() => statisticsOf([])).toThrow('there are no frames to take statistics of');
  });
});

describe('a sequence', () => {
  const size = { width: 2, height: 2 };
  const truth = Uint8Array.of(1, 2, 255, 0);

  it('is scored by object, without its first and last frame, void being background', () => {
    const masks = [new Uint8Array(4), Uint8Array.of(1, 0, 0, 0), Uint8Array.of(9, 9, 9, 9)];
    expect(scoreSequence(masks, [truth, truth, truth], size).regions).toEqual([[1], [0]]);
    expect(objectsOf(truth)).toBe(2);
  });

  it('has contours of each object, too, by a tolerance of its size', () => {
    const row = { width: 6, height: 1 };
    const [one, other] = [Uint8Array.of(1, 0, 0, 0, 0, 2), Uint8Array.of(1, 1, 0, 2, 2, 2)];
    const { regions, contours } = scoreSequence([one, one, other, one], [one, one, one, one], row);
    expect(regions).toEqual([
      [1, 1 / 2],
      [1, 1 / 3],
    ]);
    // Contours meet within one pixel; that of the second object moved by two.
    expect(contours).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });

  it('has as many objects as its largest label, even where masks have none of them', () => {
    const gap = Uint8Array.of(0, 3, 255, 0);
    expect(objectsOf(gap)).toBe(3);
    expect(objectsOf(new Uint8Array(4))).toBe(0);
    const none = new Uint8Array(4);
    expect(scoreSequence([none, none, none], [gap, gap, gap], size).regions).toEqual([[1], [1], [0]]);
  });

  it('is refused for a label above the objects in any frame that counts, void too', () => {
    const found = (label: number, at: number) => {
      const masks = [0, 1, 2, 3].map((frame) => (frame === at ? Uint8Array.of(label, 0, 1, 0) : new Uint8Array(4)));
      return () => scoreSequence(masks, [truth, truth, truth, truth], size);
    };
    for (const at of [1, 2]) {
      expect(found(2, at)).not.toThrow();
      expect(found(255, at)).toThrow('a mask has the label 255, but the first annotation has 2 objects');
    }
    for (const at of [0, 3]) expect(found(255, at)).not.toThrow();
    const single = Uint8Array.of(1, 0, 0, 0);
    expect(() => scoreSequence([single, truth, single], [single, single, single], size)).toThrow(
      /but the first annotation has 1 object$/,
    );
  });

  it('is refused when there is nothing to score', () => {
    expect(() => scoreSequence([truth, truth], [truth, truth], size)).toThrow('too few frames (2)');
    const none = new Uint8Array(4);
    expect(() => scoreSequence([none, none, none], [none, none, none], size)).toThrow(
      'the first annotation has no object',
    );
    expect(() => scoreSequence([none, Uint8Array.of(3, 0, 0, 0), none], [truth, truth, truth], size)).toThrow(
      'a mask has the label 3, but the first annotation has 2 objects',
    );
  });
});

it('Recall and decay are means over objects, too', () => {
  const [falling, low] = [
    [1, 0.5, 0.25],
    [0.25, 0.25, 0.25],
  ];
  const { regions, contours, mean } = davisScore([{ regions: [falling, low], contours: [low, low] }]);
  const statistics = [
    { mean: 1.75 / 3, recall: 1 / 3, decay: 0.5 },
    { mean: 0.25, recall: 0, decay: 0 },
  ];
  expect(regions).toEqual({
    ...{ mean: expect.closeTo(2.5 / 6, 12), recall: 1 / 6, decay: 0.25 },
    ofEachObject: statistics,
  });
  expect(contours).toMatchObject({ mean: 0.25, recall: 0, decay: 0 });
  expect(mean).toBeCloseTo(2 / 6, 12);
});

it('Means are over objects, not sequences', () => {
  const many = { regions: [[1], [1], [1]], contours: [[0.5], [0.5], [0.5]] };
  const score = davisScore([many, { regions: [[0]], contours: [[0.5]] }]);
  expect(score.regions.mean).toBe(0.75);
  expect(score.mean).toBe(0.625);
});

describe('frames', () => {
  it('have a given short side, and of the other a multiple of 64', () => {
    expect(frameSize({ width: 854, height: 480 }, 480)).toEqual({ width: 832, height: 480 });
    expect(frameSize({ width: 480, height: 854 }, 480)).toEqual({ width: 480, height: 832 });
    expect(frameSize({ width: 40, height: 40 }, 80)).toEqual({ width: 64, height: 80 });
    expect(() => frameSize({ width: 40, height: 40 }, 60)).toThrow('a short side of 60 pixels is too low');
  });

  it('of which one side would have nothing are refused, whichever it is', () => {
    expect(() => frameSize({ width: 40, height: 50 }, 50)).toThrow('a short side of 50 pixels is too low');
    expect(frameSize({ width: 40, height: 80 }, 32)).toEqual({ width: 32, height: 64 });
    expect(frameSize({ width: 80, height: 40 }, 32)).toEqual({ width: 64, height: 32 });
  });

  it('are mixed to whole levels before they are normalized, each channel by its own', () => {
    const two = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 10, 20, 255, 111, 60) };
    const [means, deviations] = [
      [0.485, 0.456, 0.406],
      [0.228, 0.224, 0.225],
    ];
    const of = (...levels: number[]) =>
      levels.map((level, i) => {
        const channel = Math.floor((i * 3) / levels.length);
        return expect.closeTo((level / 255 - (means[channel] ?? 0)) / (deviations[channel] ?? 0), 5);
      });
    // Halves are rounded up.
    expect([...frameInput(two, { width: 1, height: 1 })]).toEqual(of(128, 61, 40));
    expect([...frameInput(two, { width: 2, height: 1 })]).toEqual(of(0, 255, 10, 111, 20, 60));
    expect([...frameInput(two, { width: 1, height: 2 })]).toEqual(of(128, 128, 61, 61, 40, 40));
    const turned = { ...two, width: 1, height: 2 };
    expect([...frameInput(turned, { width: 1, height: 2 })]).toEqual(of(0, 255, 10, 111, 20, 60));
  });

  it('are normalized with a red of their own', () => {
    const white = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 255, 255) };
    expect([...frameInput(white, { width: 1, height: 1 })]).toEqual(
      [0.515 / 0.228, 0.544 / 0.224, 0.594 / 0.225].map((value) => expect.closeTo(value, 6)),
    );
  });

  it('and annotations have one size in the original, but for squares', () => {
    expect(originalAnnotationSize({ width: 854, height: 480 }, 480)).toEqual({ width: 832, height: 480 });
    expect(originalAnnotationSize({ width: 480, height: 854 }, 480)).toEqual({ width: 480, height: 832 });
    expect(originalAnnotationSize({ width: 40, height: 40 }, 80)).toEqual({ width: 80, height: 64 });
  });
});
