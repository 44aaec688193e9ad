// Everything that Pillow does in the original's pipeline is done here to the bit: the fingerprints are of Pillow 13.0.0's output.
import { describe, expect, test } from 'vitest';
import { applyJitter, type JitterOperation, solarize, toGray } from '../../../src/data/colorJitter.js';
import { attentionInput, evaluationInput } from '../../../src/data/evaluationTransform.js';
import { gaussianBlur } from '../../../src/data/gaussianBlur.js';
import { type Kernel, resample } from '../../../src/data/resample.js';
import { fingerprint, noise, noiseImage } from './images.js';

const WIDTH = 64;
const HEIGHT = 48;

function noisePixels(channels: number): Uint8ClampedArray {
  return new Uint8ClampedArray(noise(WIDTH * HEIGHT * channels, 7));
}

describe('resampling', () => {
  test.each<[number, number, [number, number, number, number], number, Kernel, 1 | 3, string]>([
    [37, 29, [0, 0, 37, 29], 32, 'bicubic', 3, '06ebc293ccde6556'],
    [37, 29, [3, 5, 20, 11], 16, 'bicubic', 3, '5df48176735e7239'],
    [64, 64, [10, 2, 50, 61], 16, 'bicubic', 3, '42efca48f0cf8f8c'],
    [28, 28, [4, 4, 22, 20], 32, 'bicubic', 1, '70a5f70ee8a519b4'],
    [200, 150, [17, 9, 180, 140], 32, 'bicubic', 3, '7e421e587390ad2c'],
    [1, 1, [0, 0, 1, 1], 8, 'bicubic', 3, '7abfbb771c1c4ec3'],
    [500, 3, [7, 0, 4, 3], 10, 'bicubic', 3, '108be91f3e9b5de0'],
    [50, 40, [0, 0, 50, 40], 24, 'bilinear', 3, '96cbf80da0f8f397'],
    [11, 7, [0, 0, 11, 7], 48, 'bilinear', 1, '1ebbe42a28d22c44'],
  ])(
    '%i x %i, box %j, to %i, %s, %i channels',
    (width, height, [left, top, boxWidth, boxHeight], side, kernel, channels, expected) => {
      const pixels = new Uint8ClampedArray(side * side * channels);
      const box = { left, top, width: boxWidth, height: boxHeight };
      resample(noiseImage(width, height, channels, width * height), { box, width: side, height: side, kernel }, pixels);
      expect(fingerprint(pixels)).toBe(expected);
    },
  );

  test('a window of a resize is that part of the whole resize, and flipping mirrors it', () => {
    const image = noiseImage(41, 23, 3, 5);
    const box = { left: 2, top: 1, width: 37, height: 20 };
    const whole = new Uint8ClampedArray(30 * 17 * 3);
    resample(image, { box, width: 30, height: 17, kernel: 'bicubic' }, whole);
    const window = { left: 4, top: 3, width: 12, height: 9 };
    const part = new Uint8ClampedArray(12 * 9 * 3);
    resample(image, { box, width: 30, height: 17, kernel: 'bicubic', window }, part);
    const mirrored = new Uint8ClampedArray(12 * 9 * 3);
    resample(image, { box, width: 30, height: 17, kernel: 'bicubic', window, flipped: true }, mirrored);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 12; x++) {
        const expected = [...whole.subarray(((y + 3) * 30 + x + 4) * 3, ((y + 3) * 30 + x + 5) * 3)];
        expect([...part.subarray((y * 12 + x) * 3, (y * 12 + x + 1) * 3)]).toEqual(expected);
        expect([...mirrored.subarray((y * 12 + 11 - x) * 3, (y * 12 + 12 - x) * 3)]).toEqual(expected);
      }
    }
  });
});

describe('color', () => {
  test.each<[JitterOperation, number, string]>([
    ['brightness', 0.63, 'd84d7ce85d99803e'],
    ['brightness', 1.37, '5748f3d929926401'],
    ['contrast', 0.71, '15d627678d614af0'],
    ['contrast', 1.29, '2d6217bdee03399d'],
    ['saturation', 0.83, 'c2d5f2e5bc01d614'],
    ['saturation', 1.19, 'fba344324743e8e1'],
    ['hue', 0.093, '9582933c137944c1'],
    ['hue', -0.051, 'fd06cfad4d808943'],
    ['hue', -0.1, 'cd45b1de83cf8268'],
  ])('%s %d', (operation, factor, expected) => {
    const pixels = noisePixels(3);
    const jitter = { order: [operation], brightness: factor, contrast: factor, saturation: factor, hue: factor };
    applyJitter(pixels, pixels.length, 3, jitter);
    expect(fingerprint(pixels)).toBe(expected);
  });

  test('contrast of a gray image', () => {
    const pixels = noisePixels(1);
    applyJitter(pixels, pixels.length, 1, {
      order: ['contrast'],
      brightness: 1,
      contrast: 1.29,
      saturation: 1,
      hue: 0,
    });
    expect(fingerprint(pixels)).toBe('804278e96886ea88');
  });

  test('grayscale', () => {
    const pixels = noisePixels(3);
    toGray(pixels, pixels.length);
    expect(fingerprint(pixels)).toBe('1462cbab1454f7f7');
  });

  test('solarize', () => {
    const pixels = noisePixels(3);
    solarize(pixels, pixels.length);
    expect(fingerprint(pixels)).toBe('d18ba3ee3f9a1729');
  });
});

describe('Gaussian blur', () => {
  test.each([
    [0.1, 'bf8e9a27bb38a3e2', '80e1d4435448271c'],
    [0.35, 'e89ab24a6aabd28f', '9026deff3b722f8d'],
    [0.8, '0f823c8b95f3512a', 'f23ea7e724fb4c33'],
    [1.2345, '0a524e7375a62125', 'c36ee7ebe72f25ce'],
    [1.7, 'af53e9b68d948dc2', 'a871a4d1f758a3a4'],
    [1.9999, 'dfba49dd22c51d76', '9e8f86f1696d633a'],
  ])('radius %d', (radius, expectedRgb, expectedGray) => {
    const rgb = noisePixels(3);
    gaussianBlur(rgb, WIDTH, HEIGHT, 3, radius);
    expect(fingerprint(rgb)).toBe(expectedRgb);
    const gray = noisePixels(1);
    gaussianBlur(gray, WIDTH, HEIGHT, 1, radius);
    expect(fingerprint(gray)).toBe(expectedGray);
  });

  test('a wide blur of lines that are no whole number of vectors', () => {
    const pixels = new Uint8ClampedArray(noise(5 * 7 * 3, 9));
    gaussianBlur(pixels, 5, 7, 3, 20);
    expect(fingerprint(pixels)).toBe('6a2c82bb3908ecc9');
  });

  test('an image smaller than the kernel', () => {
    const pixels = new Uint8ClampedArray(noise(2 * 3 * 3, 5));
    gaussianBlur(pixels, 2, 3, 3, 5);
    expect([...pixels]).toEqual([157, 151, 68, 157, 151, 68, 157, 151, 68, 157, 151, 68, 157, 151, 68, 158, 150, 68]);
  });
});

describe('evaluation', () => {
  test.each([
    [61, 43, 32, '4c0d238f95da0be4'],
    [43, 61, 32, 'ee9088312b1b3861'],
    [40, 40, 224, '9d8a1fd436832ccd'],
    [28, 28, 32, '26d201dd169bc8e4'],
    [50, 30, 32, 'b8db354150a5987d'],
    [300, 20, 16, 'c248e40b1e481693'],
  ])('resize and center crop of %i x %i to %i', (width, height, size, expected) => {
    const { pixels, input } = evaluationInput(noiseImage(width, height, 3, width * height), size);
    expect(fingerprint(pixels)).toBe(expected);
    // ToTensor and Normalize: channels first.
    const green = pixels[1] ?? 0;
    expect(input[size * size]).toBeCloseTo((green / 255 - 0.456) / 0.224, 5);
  });

  test('the attention image is cut to whole patches', () => {
    const { pixels, width, height } = attentionInput(noiseImage(61, 43, 3, 61 * 43), 50, 16);
    expect([width, height]).toEqual([48, 48]);
    expect(fingerprint(pixels)).toBe('f8fa1c6b9b7816f2');
    expect(() => attentionInput(noiseImage(8, 8, 3, 1), 10, 16)).toThrow(/10 pixels is smaller than one patch of 16/);
  });

  test('a very long image costs no more than what is kept of it', () => {
    const { pixels } = evaluationInput(noiseImage(20_000, 10, 3, 1), 224);
    expect(pixels.length).toBe(224 * 224 * 3);
  });

  test('gray images are normalized by the mean of the channels', () => {
    const { input, pixels, channels } = evaluationInput(noiseImage(40, 40, 1, 2), 32);
    expect(channels).toBe(1);
    expect(input[5]).toBeCloseTo(((pixels[5] ?? 0) / 255 - 0.449) / 0.226, 5);
  });
});
