/** The icons of buttons, in the color of the text around them. */

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Lines on a field of 16 by 16. */
const PATHS = {
  box: 'M2 5V2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M7 2h2M7 14h2M2 7v2M14 7v2',
  lasso: 'M8 2.5c3.6 0 6 1.6 6 4s-2.4 4-6 4-6-1.6-6-4 2.4-4 6-4ZM5 10c-1.6.6-1.9 2.4-.4 2.9 1 .3 1.8 0 1.8 1.1',
  fit: 'M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4M6 6h4v4H6Z',
  options: 'M2 4h7M13 4h1M2 8h2M8 8h6M2 12h7M13 12h1M9 2.5h4v3H9ZM4 6.5h4v3H4ZM9 10.5h4v3H9Z',
  close: 'm4 4 8 8M12 4l-8 8',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 16 16', width: '16', height: '16', 'aria-hidden': 'true' }))
    svg.setAttribute(key, value);
  const path = document.createElementNS(NAMESPACE, 'path');
  const drawn = {
    d: PATHS[name],
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '1.2',
    'stroke-linecap': 'round',
  };
  for (const [key, value] of Object.entries(drawn)) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}
