/** Images as a list with what can be done with each: those that are selected, or the neighbors of one. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import { THUMBNAIL_SIDE, type Thumbnails } from '../shared/thumbnails.js';

export interface ImageListEvents {
  onPoint(image: number | undefined): void;
  onPin(image: number): void;
  onOpen(image: number, how: 'file' | 'attention'): void;
}

export interface ListedImage {
  readonly image: number;
  readonly name: string;
  readonly note: string;
}

export interface ImageList {
  readonly element: HTMLElement;
  show(title: string, images: readonly ListedImage[], count: number, areFiles: boolean): void;
  /** Thumbnails have come. */
  refresh(): void;
}

export function createImageList(label: string, thumbnails: Thumbnails, events: ImageListEvents): ImageList {
  const heading = element('h2', {});
  const list = element('ul', {});
  const root = element('section', { class: 'images', 'aria-label': label, hidden: '' }, heading, list);
  const slots = new Map<number, HTMLElement>();

  const act = (text: string, label: string, image: number, how: 'file' | 'attention') => {
    const control = element('button', { type: 'button', class: 'link', 'aria-label': label }, text);
    control.addEventListener('click', () => events.onOpen(image, how));
    return control;
  };
  const refresh = (): void => {
    for (const [image, slot] of slots) {
      const thumbnail = thumbnails.get(image);
      if (thumbnail === undefined || slot.childElementCount > 0) continue;
      const copy = element('canvas', { width: `${THUMBNAIL_SIDE}`, height: `${THUMBNAIL_SIDE}` });
      copy.getContext('2d')?.drawImage(thumbnail, 0, 0);
      slot.append(copy);
    }
  };
  return {
    element: root,
    show(title, images, count, areFiles) {
      root.hidden = images.length === 0;
      heading.textContent = title;
      slots.clear();
      list.replaceChildren(
        ...images.map(({ image, name, note }) => {
          const slot = element('span', { class: 'slot' });
          slots.set(image, slot);
          const row = element('button', { type: 'button', class: 'row', title: name }, slot);
          row.append(element('span', { class: 'name' }, name), element('span', { class: 'count' }, note));
          row.addEventListener('click', () => events.onPin(image));
          const point = (to: number | undefined) => () => events.onPoint(to);
          row.addEventListener('pointerenter', point(image));
          row.addEventListener('pointerleave', point(undefined));
          row.addEventListener('focus', point(image));
          row.addEventListener('blur', point(undefined));
          const item = element('li', { 'data-image': `${image}` }, row);
          if (areFiles) item.append(act(l10n.t('Open'), l10n.t('Open: {0}', name), image, 'file'));
          item.append(act(l10n.t('Attention'), l10n.t('Attention: {0}', name), image, 'attention'));
          return item;
        }),
      );
      if (count > images.length) list.append(element('li', {}, l10n.t('and {0} more', count - images.length)));
      refresh();
    },
    refresh,
  };
}
