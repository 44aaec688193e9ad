/** The charts that are shown, as a file. */
import { saveImage } from '../../src/protocol/curves.js';
import { tell } from '../shared/host.js';
import { readTheme } from '../shared/theme.js';
import type { Figures } from './figures.js';
import { imageOf } from './image.js';
import { AXIS_LABELS } from './scales.js';
import type { Shown } from './shown.js';
import { state } from './state.js';
import { svgOf, titleOf } from './svg.js';

/** @throws Error when the browser cannot make a PNG of it */
export async function savePng(shown: Shown, { all: { figures, columns } }: Figures): Promise<void> {
  const theme = readTheme();
  const along = AXIS_LABELS[state.value.axis];
  const parts = figures.map(({ metric: { title, unit }, canvas }) => ({ title: titleOf(title, unit), along, canvas }));
  tell(saveImage, { kind: 'png', png: await imageOf(parts, columns, shown.legend(theme), theme) });
}

export function saveSvg(shown: Shown, { all: { figures, columns } }: Figures): void {
  const theme = readTheme();
  const charts = figures.map(({ metric: { title }, chart }) => ({ title, drawn: chart.drawn() }));
  tell(saveImage, { kind: 'svg', svg: svgOf(charts, columns, shown.legend(theme), theme) });
}
