/** Boxes of crops as they might lie, for where there are none yet. */

const NAMESPACE = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [14, 9];
/** Left, top, width, height, and how much of it is filled. */
const BOXES = [
  [0, 0, WIDTH, HEIGHT, 0.15],
  [1, 0.8, 7.5, 7, 0.25],
  [5.5, 2, 7.5, 6.2, 0.25],
  [2, 5, 2.4, 2.4, 0.8],
  [6.6, 3.2, 2.2, 2.2, 0.8],
  [10.4, 1, 2.6, 2.6, 0.8],
] as const;

export function faintCrops(): SVGElement {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  for (const [x, y, width, height, opacity] of BOXES) {
    const box = document.createElementNS(NAMESPACE, 'rect');
    for (const [name, value] of Object.entries({ x, y, width, height, opacity, rx: 0.1 }))
      box.setAttribute(name, `${value}`);
    svg.append(box);
  }
  return svg;
}
