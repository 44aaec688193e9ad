/** A video as it might look, for where there is none yet: frames in a row, through which something moves. */

const NAMESPACE = 'http://www.w3.org/2000/svg';
const FRAMES = 4;

export function faintFilm(): SVGElement {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  svg.setAttribute('viewBox', `0 0 ${FRAMES * 16} 12`);
  const add = (tag: string, attributes: Readonly<Record<string, number>>): void => {
    const shape = document.createElementNS(NAMESPACE, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, `${value}`);
    svg.append(shape);
  };
  for (let frame = 0; frame < FRAMES; frame++) {
    const left = frame * 16;
    add('rect', { x: left + 0.5, y: 0.5, width: 15, height: 11, rx: 0.8, opacity: 0.4 });
    add('circle', { cx: left + 3.5 + 3 * frame, cy: 6 + Math.sin(frame), r: 2.4 });
  }
  return svg;
}
