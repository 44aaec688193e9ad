/** The plot in files that the host asks for. */
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { type Export, exportedSchema, exportPlot } from '../../src/protocol/embeddingPanel.js';
import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { request } from '../shared/host.js';
import { shownColorName } from './colors.js';
import type { Plot } from './plot.js';
import type { Selection } from './selection.js';
import { shown } from './shown.js';

export interface SavingEvents {
  onNote(sentence: string): void;
  onProblem(sentence: string): void;
}

export function savingButtons(plot: Plot, selection: Selection, events: SavingEvents): HTMLElement {
  const save = async (form: Export['form']): Promise<void> => {
    try {
      const what = await contentsOf(form, plot, selection);
      if (what === undefined) return;
      const { written } = await request(exportPlot, exportedSchema, what);
      if (written !== undefined) events.onNote(l10n.t('Written: {0}', written));
    } catch (error) {
      events.onProblem(errorMessage(error));
    }
  };
  const caption = l10n.t('Save as');
  const buttons = element(
    'div',
    { class: 'buttons' },
    button('PNG…', () => void save('png')),
    button('CSV…', () => void save('csv')),
    button(l10n.t('Embedding Projector…'), () => void save('projector')),
  );
  const attributes = { class: 'control', role: 'group', 'aria-label': caption };
  return element('div', attributes, element('div', { class: 'caption' }, caption), buttons);
}

async function contentsOf(form: Export['form'], plot: Plot, selection: Selection): Promise<Export | undefined> {
  const { images, checkpoint, coloring } = shown;
  if (images === undefined || checkpoint === undefined) return undefined;
  if (form === 'png') return { form, png: await plot.image() };
  const all = images.names.map((_, image) => image);
  const columns = [
    ...(coloring ? [{ name: shownColorName(), values: all.map((image) => coloring.meaning(image)) }] : []),
    { name: 'selected', values: all.map((image) => (selection.images.has(image) ? 'yes' : 'no')) },
  ];
  if (form === 'csv') return { form, points: new Float32Array(plot.positions).buffer, columns };
  return { form, checkpoint, columns };
}
