/**
 * Points written pixel by pixel, for a window without a GPU: several times as fast as WebGL in software, and as the canvas's own paths.
 * It covers its canvas with the background.
 */
import type { Placement } from './geometry.js';
import { type Ink, Look, type Rgb, type Scatter } from './scatter.js';
import { type Stamp, stampOf } from './stamp.js';

const FAINT = 0.18;
/** Of a point that is selected or found. */
const LARGER = 1.7;
const OPAQUE = 255;

/** @throws Error when the canvas cannot be drawn on at all */
export function createPixelScatter(canvas: HTMLCanvasElement): Scatter {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('There is no 2d canvas.');
  let positions: Float32Array = new Float32Array();
  let [colors, shapes, looks]: [Uint8Array, Uint8Array, Uint8Array] = [
    new Uint8Array(),
    new Uint8Array(),
    new Uint8Array(),
  ];
  let ratio = 1;
  let sheet = new Sheet(1, 1);

  return {
    setPositions(given) {
      positions = given;
    },
    setColors(...given) {
      [colors, shapes] = given;
    },
    setLooks(given) {
      looks = given;
    },
    resize(width, height, given) {
      ratio = given;
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
      sheet = new Sheet(canvas.width, canvas.height);
    },
    draw({ scale, centerX, centerY }: Placement, pointSize, ink) {
      sheet.clear(ink.background);
      const stamps = new Stamps(pointSize * ratio);
      const count = Math.min(looks.length, positions.length / 2, shapes.length);
      for (let point = 0; point < count; point++) {
        const look = looks[point] as number;
        if (look === Look.hidden) continue;
        const x = (centerX + (positions[2 * point] as number) * scale) * ratio;
        const y = (centerY - (positions[2 * point + 1] as number) * scale) * ratio;
        sheet.stamp(stamps.of(shapes[point] as number, look), x, y, colors, 3 * point, ink);
      }
      context.putImageData(sheet.image, 0, 0);
    },
  };
}

/** The stamps of one size, each made when it is first needed. */
class Stamps {
  readonly #made: (Stamp | undefined)[] = [];

  constructor(private readonly pointSize: number) {}

  of(shape: number, look: number): Stamp {
    const key = 8 * shape + look;
    const size = look >= Look.lit ? LARGER * this.pointSize : this.pointSize;
    this.#made[key] ??= stampOf(shape, size, look === Look.faint ? FAINT : 1, look === Look.selected);
    return this.#made[key];
  }
}

/** The pixels of the canvas. */
class Sheet {
  readonly image: ImageData;
  readonly #bytes: Uint8ClampedArray;
  readonly #pixels: Uint32Array;
  readonly #one = new Uint8Array([0, 0, 0, OPAQUE]);
  readonly #onePixel = new Uint32Array(this.#one.buffer);

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.image = new ImageData(width, height);
    this.#bytes = this.image.data;
    this.#pixels = new Uint32Array(this.#bytes.buffer);
  }

  clear(color: Rgb): void {
    this.#one.set(color);
    this.#pixels.fill(this.#onePixel[0] as number);
  }

  /** @param color place in `colors` */
  stamp({ side, covers, isRim }: Stamp, x: number, y: number, colors: Uint8Array, color: number, ink: Ink): void {
    const { width, height } = this;
    const [left, top] = [Math.round(x - side / 2), Math.round(y - side / 2)];
    if (left + side <= 0 || top + side <= 0 || left >= width || top >= height) return;
    this.#one[0] = colors[color] as number;
    this.#one[1] = colors[color + 1] as number;
    this.#one[2] = colors[color + 2] as number;
    const whole = this.#onePixel[0] as number;
    for (let down = Math.max(0, -top); down < side && top + down < height; down++) {
      for (let right = Math.max(0, -left); right < side && left + right < width; right++) {
        const at = down * side + right;
        const cover = covers[at] as number;
        if (cover === 0) continue;
        const pixel = (top + down) * width + left + right;
        if (isRim?.[at] === 1) this.#blend(pixel, ink.outline, cover);
        else if (cover === OPAQUE) this.#pixels[pixel] = whole;
        else this.#blend(pixel, this.#one, cover);
      }
    }
  }

  #blend(pixel: number, color: ArrayLike<number>, cover: number): void {
    const bytes = this.#bytes;
    for (let channel = 0; channel < 3; channel++) {
      const before = bytes[4 * pixel + channel] as number;
      bytes[4 * pixel + channel] = before + (((color[channel] as number) - before) * cover) / OPAQUE;
    }
  }
}
