/** The plot's points, drawn by the GPU, and without one where there is none or it does not come back. */
import { createGlScatter, type GlScatter } from './glScatter.js';
import { createPixelScatter } from './pixelScatter.js';
import type { Scatter } from './scatter.js';

export interface LastingScatter extends Scatter {
  /** Another one after the GPU was given up. */
  readonly canvas: HTMLCanvasElement;
}

/** A browser that restarts its GPU's process takes about a second. */
const RESTORED_WITHIN_MS = 3000;
/** Of more points than that, WebGL in software is slower than writing the pixels here. */
const MOST_IN_SOFTWARE = 3000;

/** @param onRedraw there is something to draw on again */
export function createScatter(onRedraw: () => void): LastingScatter {
  let canvas = newCanvas();
  let size: readonly [width: number, height: number, ratio: number] = [1, 1, 1];
  let positions: Float32Array = new Float32Array();
  let [colors, shapes, looks]: [Uint8Array, Uint8Array, Uint8Array] = [
    new Uint8Array(),
    new Uint8Array(),
    new Uint8Array(),
  ];
  let timer: number | undefined;
  let gl: GlScatter | undefined;
  let scatter = onGpu();

  function onGpu(): Scatter {
    try {
      const made = createGlScatter(canvas);
      gl = made;
      canvas.addEventListener('webglcontextlost', () => {
        timer = setTimeout(withoutGpu, RESTORED_WITHIN_MS);
      });
      canvas.addEventListener('webglcontextrestored', () => {
        clearTimeout(timer);
        onRedraw();
      });
      return made;
    } catch {
      // What was tried on a canvas may keep it from another kind of drawing.
      canvas = newCanvas();
      return createPixelScatter(canvas);
    }
  }

  function withoutGpu(): void {
    if (gl === undefined) return;
    clearTimeout(timer);
    gl.end();
    gl = undefined;
    const lost = canvas;
    canvas = newCanvas();
    lost.replaceWith(canvas);
    scatter = createPixelScatter(canvas);
    scatter.resize(...size);
    scatter.setPositions(positions);
    scatter.setColors(colors, shapes);
    scatter.setLooks(looks);
    onRedraw();
  }

  return {
    get canvas() {
      return canvas;
    },
    setPositions(given) {
      positions = given;
      if (gl?.isHardware === false && given.length / 2 > MOST_IN_SOFTWARE) withoutGpu();
      else scatter.setPositions(given);
    },
    setColors(...given) {
      [colors, shapes] = given;
      scatter.setColors(...given);
    },
    setLooks(given) {
      looks = given;
      scatter.setLooks(given);
    },
    resize(...given) {
      size = given;
      scatter.resize(...given);
    },
    draw: (...how) => scatter.draw(...how),
  };
}

function newCanvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'points';
  return canvas;
}
