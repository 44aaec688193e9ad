/** Images that were found as they might look, for where there are none yet: squares in rows. */

const NAMESPACE = 'http://www.w3.org/2000/svg';
const [COLUMNS, ROWS] = [6, 4];

export function faintGrid(): SVGElement {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  svg.setAttribute('viewBox', `0 0 ${COLUMNS} ${ROWS}`);
  for (let place = 0; place < COLUMNS * ROWS; place++) {
    const [column, row] = [place % COLUMNS, Math.floor(place / COLUMNS)];
    const square = document.createElementNS(NAMESPACE, 'rect');
    // The most alike come first.
    const opacity = 1 - place / (COLUMNS * ROWS);
    const attributes = { x: column + 0.06, y: row + 0.06, width: 0.88, height: 0.88, rx: 0.04, opacity };
    for (const [name, value] of Object.entries(attributes)) square.setAttribute(name, value.toFixed(2));
    svg.append(square);
  }
  return svg;
}
