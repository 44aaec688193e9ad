/** What was found, the nearest first, as large images; one is selected, by click or by the arrow keys. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import type { Arrived } from '../shared/shownImages.js';

export interface GridEvents {
  onSelect(place: number): void;
  onOpen(place: number): void;
  /** An image has come into view. */
  onSeen(places: readonly number[]): void;
}

export interface ResultGrid {
  readonly element: HTMLElement;
  readonly selected: number | undefined;
  show(found: readonly { readonly name: string; readonly distance: number }[]): void;
  put(place: number, image: Arrived | string): void;
}

export function resultGrid(events: GridEvents): ResultGrid {
  const grid = element('div', { class: 'results', role: 'listbox', 'aria-label': l10n.t('Similar images') });
  let tiles: { readonly tile: HTMLElement; readonly frame: HTMLElement }[] = [];
  let selected: number | undefined;
  const observer = new IntersectionObserver((entries) => {
    const seen = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    const places = tiles.flatMap(({ tile }, place) => (seen.includes(tile) ? [place] : []));
    if (places.length > 0) events.onSeen(places);
  });

  const select = (place: number, hasFocus: boolean): void => {
    const next = tiles[place];
    if (next === undefined) return;
    tiles.forEach(({ tile }, at) => {
      tile.setAttribute('aria-selected', `${at === place}`);
      tile.tabIndex = at === place ? 0 : -1;
    });
    selected = place;
    if (hasFocus) next.tile.focus();
    events.onSelect(place);
  };
  /** As many as stand in the first row. */
  const columns = (): number => {
    const top = tiles[0]?.tile.offsetTop;
    const next = tiles.findIndex(({ tile }) => tile.offsetTop !== top);
    return next < 0 ? tiles.length : next;
  };
  grid.addEventListener('keydown', (event) => {
    const from = selected ?? 0;
    if (event.key === 'Enter') {
      event.preventDefault();
      events.onOpen(from);
      return;
    }
    const last = tiles.length - 1;
    const to = {
      ArrowRight: from + 1,
      ArrowLeft: from - 1,
      ArrowDown: from + columns(),
      ArrowUp: from - columns(),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to <= last) select(to, true);
  });

  return {
    element: grid,
    get selected() {
      return selected;
    },
    show(found) {
      observer.disconnect();
      const hadFocus = grid.contains(document.activeElement);
      tiles = found.map(({ name, distance }, place) => {
        const frame = element('div', { class: 'frame' });
        const text = distance.toFixed(3);
        const tile = element(
          'div',
          {
            class: 'result',
            role: 'option',
            'aria-selected': 'false',
            title: name,
          },
          frame,
          element(
            'div',
            { class: 'caption' },
            element('span', { class: 'name' }, name.split('/').at(-1) ?? name),
            element('span', { class: 'distance' }, text),
          ),
        );
        tile.addEventListener('click', () => select(place, true));
        tile.addEventListener('dblclick', () => events.onOpen(place));
        return { tile, frame };
      });
      grid.replaceChildren(...tiles.map(({ tile }) => tile));
      grid.scrollTop = 0;
      for (const { tile } of tiles) observer.observe(tile);
      selected = undefined;
      select(0, hadFocus);
    },
    put(place, image) {
      const shown = typeof image === 'string' ? element('span', { class: 'unreadable' }, image) : copied(image.canvas);
      tiles[place]?.frame.replaceChildren(shown);
    },
  };
}

/** An element stands in one place alone, and the selected image is shown in two. */
export function copied(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copy = element('canvas', { width: `${canvas.width}`, height: `${canvas.height}`, 'aria-hidden': 'true' });
  copy.getContext('2d')?.drawImage(canvas, 0, 0);
  return copy;
}
