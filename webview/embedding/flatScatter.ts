/** Points on a canvas without WebGL: good for some thousands, slow for very many. */
import { toScreen } from './geometry.js';
import { Look, type Scatter } from './scatter.js';

/** @throws Error when the canvas cannot be drawn on at all */
export function createFlatScatter(canvas: HTMLCanvasElement): Scatter {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('There is no 2d canvas.');
  const brush = context;
  let positions: Float32Array = new Float32Array();
  let [colors, shapes, looks]: [Uint8Array, Uint8Array, Uint8Array] = [
    new Uint8Array(),
    new Uint8Array(),
    new Uint8Array(),
  ];
  let [width, height, ratio] = [1, 1, 1];

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
    resize(...given) {
      [width, height, ratio] = given;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    },
    draw(placement, pointSize, outline) {
      brush.setTransform(ratio, 0, 0, ratio, 0, 0);
      brush.clearRect(0, 0, width, height);
      brush.strokeStyle = `rgb(${outline.map((share) => 255 * share)})`;
      brush.lineWidth = 1.5;
      const count = Math.min(looks.length, positions.length / 2, shapes.length);
      for (let point = 0; point < count; point++) {
        const look = looks[point];
        if (look === Look.hidden) continue;
        const { x, y } = toScreen(positions, point, placement);
        const radius = (pointSize / 2) * (look === Look.selected ? 1.7 : 1);
        if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
        brush.globalAlpha = look === Look.faint ? 0.18 : 1;
        brush.fillStyle = `rgb(${colors[3 * point]}, ${colors[3 * point + 1]}, ${colors[3 * point + 2]})`;
        trace(brush, shapes[point] ?? 0, x, y, radius);
        brush.fill();
        if (look === Look.selected) brush.stroke();
      }
      brush.globalAlpha = 1;
    },
  };
}

/** Circle, square, triangle, diamond, as on the GPU. */
function trace(brush: CanvasRenderingContext2D, shape: number, x: number, y: number, radius: number): void {
  brush.beginPath();
  if (shape === 0) brush.arc(x, y, radius, 0, 2 * Math.PI);
  else if (shape === 1) brush.rect(x - radius / 1.15, y - radius / 1.15, (2 * radius) / 1.15, (2 * radius) / 1.15);
  else {
    const corners: readonly (readonly [number, number])[] =
      shape === 2
        ? [
            [0, -0.95],
            [0.95, 0.8],
            [-0.95, 0.8],
          ]
        : [
            [0, -1],
            [1, 0],
            [0, 1],
            [-1, 0],
          ];
    for (const [right, down] of corners) brush.lineTo(x + right * radius, y + down * radius);
    brush.closePath();
  }
}
