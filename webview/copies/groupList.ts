/** The groups, each a row of images: which one is worth keeping is said, the others can be marked. All of it by keyboard, too. */
import * as l10n from '@vscode/l10n';
import type { Group } from '../../src/linkage/linkage.js';
import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { Arrived } from '../shared/shownImages.js';
import { type Facts, factsText, worthKeeping } from './keeping.js';

export interface GroupListEvents {
  /** A group has come into view. */
  onSeen(images: readonly number[]): void;
  onMark(images: readonly number[], isMarked: boolean): void;
  onOpen(image: number): void;
}

export interface ShownGroup extends Group {
  /** Of each member, the similarity to the one that it is most like. */
  readonly nearest: ReadonlyMap<number, number>;
  /** How many members it has: not all of very many are shown. */
  readonly count: number;
}

export interface GroupList {
  readonly element: HTMLElement;
  show(groups: readonly ShownGroup[], nameOf: (image: number) => string): void;
  put(image: number, arrived: Arrived | string): void;
  mark(marked: ReadonlySet<number>): void;
  /** Of a group that was shown: which member is worth keeping; undefined while that is not known. */
  keptOf(group: ShownGroup): number | undefined;
}

interface Tile {
  readonly image: number;
  readonly tile: HTMLElement;
  readonly frame: HTMLElement;
  readonly facts: HTMLElement;
  readonly badge: HTMLElement;
  readonly row: number;
}

/** @param factsOf an image that has arrived */
export function groupList(
  factsOf: (image: number) => Facts | string | undefined,
  { onSeen, onMark, onOpen }: GroupListEvents,
): GroupList {
  const list = element('div', { class: 'groups' });
  let groups: readonly ShownGroup[] = [];
  let tiles: readonly Tile[] = [];
  let marked: ReadonlySet<number> = new Set();
  const rows = new Map<Element, ShownGroup>();
  const observer = new IntersectionObserver((entries) => {
    const seen = entries.filter(({ isIntersecting }) => isIntersecting).flatMap(({ target }) => rows.get(target) ?? []);
    if (seen.length > 0) onSeen(seen.flatMap(({ members }) => members));
  });

  const keptOf = ({ members }: ShownGroup): number | undefined => {
    // The largest is not known before all are.
    if (members.some((member) => factsOf(member) === undefined)) return undefined;
    return worthKeeping(members, (member) => {
      const facts = factsOf(member);
      return typeof facts === 'string' ? undefined : facts;
    });
  };
  const focusOn = (next: Tile | undefined): void => {
    if (next === undefined) return;
    for (const { tile } of tiles) tile.tabIndex = tile === next.tile ? 0 : -1;
    next.tile.focus();
    next.tile.scrollIntoView({ block: 'nearest' });
  };
  list.addEventListener('keydown', (event) => {
    const at = tiles.findIndex(({ tile }) => tile === document.activeElement);
    const current = tiles[at];
    if (current === undefined) return;
    const inRow = (row: number) => tiles.filter((one) => one.row === row);
    const column = inRow(current.row).indexOf(current);
    const beside = (row: number) => inRow(row)[Math.min(column, inRow(row).length - 1)];
    const does: Readonly<Record<string, () => void>> = {
      ArrowRight: () => focusOn(tiles[at + 1]),
      ArrowLeft: () => focusOn(tiles[at - 1]),
      ArrowDown: () => focusOn(beside(current.row + 1)),
      ArrowUp: () => focusOn(beside(current.row - 1)),
      Home: () => focusOn(tiles[0]),
      End: () => focusOn(tiles.at(-1)),
      ' ': () => onMark([current.image], !marked.has(current.image)),
      Enter: () => onOpen(current.image),
    };
    const act = does[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });

  const showFacts = ({ image, facts }: Tile): void => {
    const known = factsOf(image);
    if (known === undefined || typeof known === 'string') return;
    facts.replaceChildren(...factsText(known).map((text) => element('span', {}, text)));
  };
  const showBadges = (): void => {
    const kept = groups.map(keptOf);
    for (const { image, tile, badge, row } of tiles) {
      const isMarked = marked.has(image);
      tile.setAttribute('aria-selected', `${isMarked}`);
      badge.hidden = !isMarked && kept[row] !== image;
      badge.textContent = isMarked ? l10n.t('To the bin') : l10n.t('Keep');
      badge.className = isMarked ? 'badge bin' : 'badge';
    }
  };

  const tileOf = (image: number, row: number, name: string, nearest: number | undefined): Tile => {
    const frame = element('div', { class: 'frame' });
    const facts = element('div', { class: 'facts' });
    const badge = element('span', { class: 'badge', hidden: '' });
    const similarity = nearest?.toFixed(3) ?? '';
    const tile = element(
      'div',
      {
        class: 'copy',
        role: 'option',
        tabindex: '-1',
        'aria-selected': 'false',
        title: name,
      },
      frame,
      badge,
      nameOfFile(name),
      element('span', { class: 'similarity' }, similarity),
      facts,
    );
    const made = { image, tile, frame, facts, badge, row };
    tile.addEventListener('click', () => {
      focusOn(made);
      onMark([image], !marked.has(image));
    });
    tile.addEventListener('dblclick', () => onOpen(image));
    return made;
  };

  return {
    element: list,
    keptOf,
    show(shown, nameOf) {
      observer.disconnect();
      rows.clear();
      groups = shown;
      const made: Tile[] = [];
      const sections = shown.map((group, row) => {
        const similarity = group.similarity.toFixed(3);
        const label =
          group.count > group.members.length
            ? l10n.t('Group {0}: {1} copies, {2} are shown', row + 1, group.count, group.members.length)
            : l10n.t('Group {0}: {1} copies, similarity {2}', row + 1, group.count, similarity);
        const own = group.members.map((image) => tileOf(image, row, nameOf(image), group.nearest.get(image)));
        made.push(...own);
        const others = button(l10n.t('Mark Others'), () => {
          const kept = keptOf(group);
          if (kept === undefined) return;
          onMark(
            group.members.filter((image) => image !== kept),
            true,
          );
        });
        const images = element(
          'div',
          { class: 'copies', role: 'listbox', 'aria-multiselectable': 'true', 'aria-label': label },
          ...own.map(({ tile }) => tile),
        );
        const section = element(
          'section',
          { class: 'group' },
          element('div', { class: 'head' }, element('span', {}, label), others),
          images,
        );
        rows.set(section, group);
        return section;
      });
      tiles = made;
      const [first] = tiles;
      if (first !== undefined) first.tile.tabIndex = 0;
      list.replaceChildren(...sections);
      for (const section of sections) observer.observe(section);
      showBadges();
    },
    put(image, arrived) {
      for (const tile of tiles) {
        if (tile.image !== image) continue;
        tile.frame.replaceChildren(
          typeof arrived === 'string' ? element('span', { class: 'unreadable' }, arrived) : arrived.canvas,
        );
        showFacts(tile);
      }
      showBadges();
    },
    mark(images) {
      marked = images;
      showBadges();
    },
  };
}

/** Where there is no room for all of a path, its folders are cut off, not the name. */
function nameOfFile(path: string): HTMLElement {
  const cut = path.lastIndexOf('/') + 1;
  return element(
    'span',
    { class: 'name' },
    element('span', { class: 'folders' }, path.slice(0, cut)),
    element('span', { class: 'base' }, path.slice(cut)),
  );
}
