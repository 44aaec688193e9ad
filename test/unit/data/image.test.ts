import { existsSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readImage, UnreadableImageError } from '../../../src/data/image.js';
import { gradient, noise, temporaryFolder, writeFiles } from './images.js';

async function read(contents: string | Uint8Array, channels = 3, name = 'image.jpg') {
  const folder = temporaryFolder();
  writeFiles(folder, { [name]: contents });
  return readImage(join(folder, name), name, channels);
}

function pixel(image: { width: number; channels: number; data: Uint8Array }, x: number, y: number): number[] {
  const at = (y * image.width + x) * image.channels;
  return [...image.data.subarray(at, at + image.channels)];
}

async function reasonFor(contents: string | Uint8Array, name = 'image.jpg'): Promise<string> {
  const error = await read(contents, 3, name).catch((caught: unknown) => caught);
  if (!(error instanceof UnreadableImageError)) throw new Error(`not refused: ${String(error)}`);
  expect(error.message).toBe(`The image ${name} cannot be read: ${error.reason}.`);
  expect(error.message).not.toContain('\n');
  return error.reason;
}

describe('formats', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff'] as const)('%s', async (format) => {
    const image = await read(await gradient(40, 30).toFormat(format, { quality: 95 }).toBuffer());
    expect([image.width, image.height, image.channels]).toEqual([40, 30, 3]);
    const [red = 0, green = 0, blue = 0] = pixel(image, 30, 10);
    expect(Math.abs(red - 191)).toBeLessThan(12);
    expect(Math.abs(green - 85)).toBeLessThan(12);
    expect(Math.abs(blue - 80)).toBeLessThan(12);
  });

  // The first three are Pillow's files of a 5 x 3 image, and what Pillow reads from them.
  const red = [60, 140, 223, 199, 98, 221, 163, 99, 8];
  test.each([
    [
      '24 bits',
      'Qk1mAAAAAAAAADYAAAAoAAAABQAAAAMAAAABABgAAAAAADAAAADEDgAAxA4AAAAAAAAAAAAAQnwbZC4yrKMtwWwB5HxGAFsq6ZlOR3ZpOsiXXfzh6QDfjDzdYscIY6PKKMGxvYsA',
      red,
    ],
    [
      'a palette',
      'Qk2KAAAAAAAAAHIAAAAoAAAABQAAAAMAAAABAAgAAAAAABgAAADEDgAAxA4AAA8AAAAPAAAA/OHpALG9iwDIl10A34w8AOR8RgCsoy0AQnwbAMFsAQDdYscACGOjAFsq6QDKKMEAdmk6AJlORwBkLjIABg4FBwQAAAAKDQwCAAAAAAMICQsBAAAA',
      red,
    ],
    [
      '1 bit',
      'Qk1KAAAAAAAAAD4AAAAoAAAABQAAAAMAAAABAAEAAAAAAAwAAADEDgAAxA4AAAIAAAACAAAAAAAAAP///wAgAAAAmAAAAFAAAAA=',
      [0, 0, 0, 255, 255, 255, 0, 0, 0],
    ],
    [
      '32 bits',
      'Qk1yAAAAAAAAADYAAAAoAAAABQAAAAMAAAABACAAAAAAADwAAADEDgAAxA4AAAAAAAAAAAAAQnwb/2QuMv+soy3/wWwB/+R8Rv9bKun/mU5H/3ZpOv/Il13//OHp/9+MPP/dYsf/CGOj/8oowf+xvYv/',
      red,
    ],
  ])('BMP with %s', async (_name, base64, firstPixels) => {
    const image = await read(Buffer.from(base64, 'base64'), 3, 'image.bmp');
    expect([image.width, image.height]).toEqual([5, 3]);
    expect([...image.data.subarray(0, 9)]).toEqual(firstPixels);
  });

  test('BMP with rows from the top, 16 bits, masks, and a gap before the pixels', async () => {
    const file = Buffer.alloc(72 + 2 * 4);
    file.write('BM');
    file.writeUInt32LE(72, 10);
    file.writeUInt32LE(40, 14);
    file.writeInt32LE(1, 18);
    file.writeInt32LE(-2, 22);
    file.writeUInt16LE(16, 28);
    file.writeUInt32LE(3, 30);
    for (const [index, mask] of [0xf800, 0x07e0, 0x001f].entries()) file.writeUInt32LE(mask, 54 + 4 * index);
    file.writeUInt16LE(0xf800, 72);
    file.writeUInt16LE(0x07e0, 76);
    const image = await read(file);
    expect([...image.data]).toEqual([255, 0, 0, 0, 255, 0]);
    expect(await reasonFor(file.subarray(0, 77))).toBe('the file is truncated (its pixels end too early)');
    file.writeUInt32LE(1, 30);
    expect(await reasonFor(file)).toBe('BMP with compression 1 of 16 bits is not supported');
    file.writeUInt32LE(0, 30);
    file.writeInt32LE(2_000_000_000, 18);
    expect(await reasonFor(file)).toBe('it has more than 128 million pixels');
  });
});

describe('pixels', () => {
  test('EXIF orientation is applied', async () => {
    const upright = await read(await gradient(40, 30).png().toBuffer());
    // Orientation 6: the camera was held turned, the image must be turned right by 90 degrees.
    const turned = await read(await gradient(40, 30).png().withMetadata({ orientation: 6 }).toBuffer());
    expect([turned.width, turned.height]).toEqual([30, 40]);
    expect(pixel(turned, 29 - 10, 5)).toEqual(pixel(upright, 5, 10));
  });

  test('transparent parts become white', async () => {
    const data = Buffer.from([10, 20, 30, 255, 10, 20, 30, 0]);
    const file = await sharp(data, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await read(file)).data]).toEqual([10, 20, 30, 255, 255, 255]);
  });

  test('gray becomes three equal channels, and stays itself in one', async () => {
    const file = await sharp(noise(35, 1), { raw: { width: 7, height: 5, channels: 1 } })
      .png()
      .toBuffer();
    const gray = await read(file, 1);
    expect([...gray.data]).toEqual([...noise(35, 1)]);
    const rgb = await read(file, 3);
    expect([...rgb.data]).toEqual([...noise(35, 1)].flatMap((value) => [value, value, value]));
  });

  test('color becomes ITU-R 601 luma in one channel', async () => {
    const file = await sharp(Buffer.from([200, 100, 50]), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    expect([...(await read(file, 1)).data]).toEqual([Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]);
  });

  test('16 bits keep their range', async () => {
    const data = Uint16Array.from([0, 0x8000, 0xffff, 0x4000, 0x2000, 0x1000]);
    const rgb16 = await sharp(data, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(rgb16).metadata()).depth).toBe('ushort');
    expect([...(await read(rgb16)).data]).toEqual([0, 128, 255, 64, 32, 16]);
    const gray16 = await sharp(data.subarray(0, 3), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect([...(await read(gray16, 1)).data]).toEqual([0, 128, 255]);
  });

  test('CMYK becomes RGB', async () => {
    const file = await gradient(40, 30).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    const image = await read(file);
    expect(image.channels).toBe(3);
    const [red = 0, green = 0] = pixel(image, 36, 15);
    expect(red).toBeGreaterThan(green + 50);
  });

  test.each(['gif', 'webp'] as const)('an animated %s gives its first frame', async (format) => {
    const frame = (background: string) =>
      sharp({ create: { width: 6, height: 4, channels: 3, background } })
        .png()
        .toBuffer();
    const frames = [await frame('#ff0000'), await frame('#0000ff')];
    const file = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { lossless: true })
      .toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    const image = await read(file);
    expect([image.width, image.height]).toEqual([6, 4]);
    expect(pixel(image, 3, 2)).toEqual([255, 0, 0]);
  });

  test.each([
    [1, 1],
    [20_000, 10],
  ])('%i x %i', async (width, height) => {
    const image = await read(await gradient(width, height).png().toBuffer());
    expect([image.width, image.height]).toEqual([width, height]);
  });

  test('a huge BMP is reduced to the same bound', async () => {
    const [width, height] = [5000, 4000];
    const rowBytes = Math.ceil(width / 32) * 4;
    const file = Buffer.alloc(62 + rowBytes * height);
    file.write('BM');
    for (const [value, offset] of [
      [62, 10],
      [40, 14],
      [width, 18],
      [height, 22],
      [0x0001_0001, 26],
      [0xff_ff_ff, 58],
    ] as const)
      file.writeUInt32LE(value, offset);
    // Rows come from below: the upper half of the image is white.
    file.fill(0xff, 62 + (rowBytes * height) / 2);
    const image = await read(file, 3, 'huge.bmp');
    expect(image.width * image.height).toBeLessThanOrEqual(16_000_000);
    expect(image.width / image.height).toBeCloseTo(5 / 4, 2);
    const middle = image.width * 3 * (image.height >> 1) + (image.width >> 1) * 3;
    const rows = 100 * image.width * 3;
    expect([image.data[middle - rows], image.data[middle + rows]]).toEqual([255, 0]);
  });

  test('a huge image is reduced while it is decoded', async () => {
    const file = await sharp({ create: { width: 9000, height: 3000, channels: 3, background: '#4080c0' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const image = await read(file);
    expect(image.width * image.height).toBeLessThanOrEqual(16_000_000);
    expect(image.height / image.width).toBeCloseTo(3, 2);
    expect(pixel(image, 100, 100).map((value) => Math.round(value / 8) * 8)).toEqual([0x40, 0x80, 0xc0]);
  });
});

describe('bad files', () => {
  test('a text file named .jpg', async () => {
    expect(await reasonFor('Dear diary, ...')).toBe(
      'it is not a PNG, JPEG, WebP, GIF, BMP, TIFF, Netpbm or AVIF image',
    );
  });

  test('an SVG, which is no photograph', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    expect(await reasonFor(svg)).toBe('it is an SVG drawing');
  });

  test.each([
    ['a web page', '<!DOCTYPE html><html><body>404</body></html>', 'it is a web page'],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'git lfs pull'],
    ['a Photoshop document', '8BPS\0\x01', 'it is a Photoshop document'],
    ['a Windows icon', '\0\0\x01\0\x03\0\x10\x0b\0\0\0\0\x20\0\x8f\0\0\0\x36\0\0\0', 'it is a Windows icon or cursor'],
    [
      'a Windows cursor',
      '\0\0\x02\0\x01\0\x20\x20\0\0\x05\0\x05\0\x8f\0\0\0\x16\0\0\0',
      'it is a Windows icon or cursor',
    ],
    [
      'a Targa image that begins like a cursor',
      `\0\0\x02${'\0'.repeat(9)}8\0(\0\x18\0${'\x75\xea\0'.repeat(9)}`,
      'it is a Targa image',
    ],
    ['a Targa image by its footer', `\x05${'\0'.repeat(30)}TRUEVISION-XFILE.\0`, 'it is a Targa image'],
    [
      'a Targa image without columns',
      `\0\0\x02${'\0'.repeat(11)}(\0\x18\0${'\x75\xea\0'.repeat(9)}`,
      'it is not a PNG',
    ],
    ['a QOI image', 'qoif\0\0\0\x38\0\0\0\x28', 'it is a QOI image'],
    ['an SGI image', '\x01\xda\0\x01\0\x03\0\x38', 'it is an SGI image'],
    ['a PCX image', '\n\x05\x01\x08\0\0\0\0', 'it is a PCX image'],
    ['an icon of macOS', 'icns\0\0\0\x38', 'it is an icon of macOS'],
    ['a FITS image', 'SIMPLE  =                    T', 'it is a FITS image'],
    ['a PostScript drawing', '%!PS-Adobe-3.0 EPSF-3.0', 'it is a PostScript drawing'],
    ['a PAM image of something else', 'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 1\nTUPLTYPE HEAT\nENDHDR\nab', 'HEAT'],
  ])('%s is called what it is', async (_name, contents, reason) => {
    expect(await reasonFor(Buffer.from(contents, 'latin1'))).toContain(reason);
  });

  test('an empty file', async () => {
    expect(await reasonFor('')).toBe('the file is empty');
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('a truncated %s', async (format) => {
    const { data, width, height } = { data: noise(200 * 150 * 3, 3), width: 200, height: 150 };
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    expect(await reasonFor(file.subarray(0, Math.floor(file.length * 0.6)))).not.toBe('');
  });

  test('a truncated JPEG is called that', async () => {
    const file = await gradient(300, 200).jpeg().toBuffer();
    expect(await reasonFor(file.subarray(0, Math.floor(file.length / 2)))).toMatch(/^the file is truncated/);
  });

  test('a decompression bomb', async () => {
    const file = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#000000' } })
      .png()
      .toBuffer();
    // The header's word about the size is enough: it is refused before anything is decoded.
    file.writeUInt32BE(60_000, 16);
    file.writeUInt32BE(60_000, 20);
    expect(await reasonFor(file, 'bomb.png')).not.toBe('');
  });

  test('a file that is gone, and a folder in its place', async () => {
    const folder = temporaryFolder();
    await expect(readImage(join(folder, 'a.png'), 'a.png', 3)).rejects.toThrow(
      'The image a.png cannot be read: the file is no longer there.',
    );
    mkdirSync(join(folder, 'b.png'));
    await expect(readImage(join(folder, 'b.png'), 'b.png', 3)).rejects.toThrow(
      'The image b.png cannot be read: it is a folder.',
    );
  });

  test.skipIf(!existsSync('/dev/zero'))('a device that never ends, and a file larger than any image', async () => {
    const folder = temporaryFolder();
    await expect(readImage('/dev/zero', 'zero', 3)).rejects.toThrow(
      'The image zero cannot be read: it is not a regular file.',
    );
    writeFiles(folder, { 'c.png': '' });
    truncateSync(join(folder, 'c.png'), 2 ** 30 + 1);
    await expect(readImage(join(folder, 'c.png'), 'c.png', 3)).rejects.toThrow(
      'The image c.png cannot be read: the file is larger than 1024 MB.',
    );
  });

  test('channels that images do not have', async () => {
    await expect(readImage('a.png', 'a.png', 5)).rejects.toThrow(
      'in_chans is 5, but image files give 3 channels (color) or 1 (gray).',
    );
  });
});
