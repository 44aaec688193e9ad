/** Attention as it might look, for where there is none yet: patches, the denser the nearer to two places. */

const NAMESPACE = 'http://www.w3.org/2000/svg';
const [COLUMNS, ROWS] = [14, 9];
const PLACES = [
  [4, 3.5],
  [9.5, 5.5],
] as const;

export function faintPatches(): SVGElement {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  svg.setAttribute('viewBox', `0 0 ${COLUMNS} ${ROWS}`);
  for (let patch = 0; patch < COLUMNS * ROWS; patch++) {
    const [column, row] = [patch % COLUMNS, Math.floor(patch / COLUMNS)];
    const nearest = Math.min(...PLACES.map(([x, y]) => Math.hypot(column + 0.5 - x, row + 0.5 - y)));
    const square = document.createElementNS(NAMESPACE, 'rect');
    const opacity = Math.max(0.12, Math.exp(-((nearest / 2.2) ** 2)));
    const attributes = { x: column + 0.05, y: row + 0.05, width: 0.9, height: 0.9, opacity };
    for (const [name, value] of Object.entries(attributes)) square.setAttribute(name, value.toFixed(2));
    svg.append(square);
  }
  return svg;
}
