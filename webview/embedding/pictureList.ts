/** Pictures as a list with what can be done with each: those that are selected, or the neighbours of one. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import { THUMBNAIL_SIDE, type Thumbnails } from '../shared/thumbnails.js';

export interface PictureListEvents {
  onPoint(picture: number | undefined): void;
  onPin(picture: number): void;
  onOpen(picture: number, how: 'file' | 'attention'): void;
}

export interface ListedPicture {
  readonly picture: number;
  readonly name: string;
  readonly note: string;
}

export interface PictureList {
  readonly element: HTMLElement;
  show(title: string, pictures: readonly ListedPicture[], count: number, areFiles: boolean): void;
  /** Thumbnails have come. */
  refresh(): void;
}

export function createPictureList(label: string, thumbnails: Thumbnails, events: PictureListEvents): PictureList {
  const heading = element('h2', {});
  const list = element('ul', {});
  const root = element('section', { class: 'pictures', 'aria-label': label, hidden: '' }, heading, list);
  const slots = new Map<number, HTMLElement>();

  const act = (text: string, label: string, picture: number, how: 'file' | 'attention') => {
    const control = element('button', { type: 'button', class: 'link', 'aria-label': label }, text);
    control.addEventListener('click', () => events.onOpen(picture, how));
    return control;
  };
  const refresh = (): void => {
    for (const [picture, slot] of slots) {
      const thumbnail = thumbnails.get(picture);
      if (thumbnail === undefined || slot.childElementCount > 0) continue;
      const copy = element('canvas', { width: `${THUMBNAIL_SIDE}`, height: `${THUMBNAIL_SIDE}` });
      copy.getContext('2d')?.drawImage(thumbnail, 0, 0);
      slot.append(copy);
    }
  };
  return {
    element: root,
    show(title, pictures, count, areFiles) {
      root.hidden = pictures.length === 0;
      heading.textContent = title;
      slots.clear();
      list.replaceChildren(
        ...pictures.map(({ picture, name, note }) => {
          const slot = element('span', { class: 'slot' });
          slots.set(picture, slot);
          const row = element('button', { type: 'button', class: 'row', title: name }, slot);
          row.append(element('span', { class: 'name' }, name), element('span', { class: 'count' }, note));
          row.addEventListener('click', () => events.onPin(picture));
          const point = (to: number | undefined) => () => events.onPoint(to);
          row.addEventListener('pointerenter', point(picture));
          row.addEventListener('pointerleave', point(undefined));
          row.addEventListener('focus', point(picture));
          row.addEventListener('blur', point(undefined));
          const item = element('li', { 'data-picture': `${picture}` }, row);
          if (areFiles) item.append(act(l10n.t('Open'), l10n.t('Open: {0}', name), picture, 'file'));
          item.append(act(l10n.t('Attention'), l10n.t('Attention: {0}', name), picture, 'attention'));
          return item;
        }),
      );
      if (count > pictures.length) list.append(element('li', {}, l10n.t('and {0} more', count - pictures.length)));
      refresh();
    },
    refresh,
  };
}
