/** How a run is drawn: beside its name it is the charts' legend. */
import { runLook } from './series.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';

export function swatch(look: number, color: string): SVGSVGElement {
  const image = document.createElementNS(NAMESPACE, 'svg');
  for (const [name, value] of Object.entries({ width: '36', height: '4', 'aria-hidden': 'true' }))
    image.setAttribute(name, value);
  const line = document.createElementNS(NAMESPACE, 'line');
  const stroke = { x2: '36', y1: '2', y2: '2', stroke: color, 'stroke-width': '2' };
  for (const [name, value] of Object.entries({ ...stroke, 'stroke-dasharray': runLook(look).dash.join(' ') }))
    line.setAttribute(name, value);
  image.append(line);
  return image;
}
