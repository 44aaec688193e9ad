/** The image with the boxes of its crops, and the crops themselves. A box and its crop are shown as one: what lights one lights both. */
import * as l10n from '@vscode/l10n';
import type { Crops } from '../../src/protocol/previews.js';
import { element } from '../shared/element.js';
import { paintPixels } from '../shared/paintPixels.js';
import { ZoomedImage } from '../shared/zoomedImage.js';
import { type CropMask, maskCanvas, maskWords } from './batchMasks.js';
import { type CropRecord, cropName, recipeOf, seenBy } from './recipe.js';
import { type Box, tagCorners } from './tagCorners.js';

export interface PinnedCrop {
  readonly index: number;
  readonly name: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What VS Code's own menu is told of what is under the pointer. */
const menuContext = (crop?: number): string =>
  JSON.stringify({ webviewSection: 'crop', crop, preventDefaultContextMenuItems: true });

/** The two buttons of a crop. */
interface CropButtons {
  readonly box: HTMLButtonElement;
  readonly tile: HTMLButtonElement;
}

/** Of a name on its box, in pixels of the page. */
const TAG = { width: 28, height: 18 };
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class CropScene {
  readonly element: HTMLElement;
  readonly #image = element('canvas', { class: 'image', role: 'img', 'data-vscode-context': menuContext() });
  readonly #boxes = element('div', { role: 'group', 'aria-label': l10n.t('Boxes of the crops in the image') });
  readonly #tiles = element('div', { class: 'tiles', role: 'group', 'aria-label': l10n.t('Crops') });
  readonly #stage = new ZoomedImage(this.#image, this.#boxes);
  /** What was done to the crop that is lit: there is no room for it below each. */
  readonly #recipe = element('p', { class: 'recipe' });
  readonly #shown: CropButtons[] = [];
  #names: readonly string[] = [];
  /** Of the boxes that are shown, as shares of the image. */
  #places: readonly Box[] = [];
  #recipes: readonly string[] = [];
  /** Of the global crops. */
  #masks: readonly (CropMask | undefined)[] = [];
  /** Under the pointer or with the focus; else the one that was clicked. */
  #pointed: number | undefined;
  #pinned: number | undefined;
  /** The one that Tab leads to; the arrow keys go on from it. */
  #reached = 0;

  /** @param onPin hears of the crop that was clicked; undefined: none is */
  constructor(private readonly onPin: (crop: PinnedCrop | undefined) => void) {
    const room = element('div', { class: 'room' }, this.#stage.element);
    this.element = element('div', { class: 'scene' }, room, this.#recipe, this.#tiles);
    new ResizeObserver(() => this.#placeTags()).observe(this.#stage.element);
  }

  /** @param image RGB, [height, width, 3] */
  showImage({ width, height, data }: Size & { readonly data: Uint8Array }, name: string): void {
    paintPixels(this.#image, { width, height, channels: 3, data });
    this.#image.setAttribute('aria-label', name);
    this.#stage.showShape(width / height, name);
  }

  showCrops({ width, height, channels, records, pixels }: Crops): void {
    this.#fitTo(records.length);
    this.#names = records.map(cropName);
    this.#recipes = records.map((record, crop) =>
      [`${cropName(record, crop)} (${seenBy(record)})`, ...recipeOf(record, { width, height })].join(' · '),
    );
    this.#tellPinned();
    let start = 0;
    records.forEach((record, crop) => {
      const { size } = record;
      const data = new Uint8Array(pixels, start, size * size * channels);
      start += data.length;
      const buttons = this.#shown[crop];
      if (buttons === undefined) return;
      placeBox(buttons.box, record, crop, { width, height });
      const canvas = buttons.tile.querySelector('canvas') ?? element('canvas', { 'aria-hidden': 'true' });
      paintPixels(canvas, { width: size, height: size, channels, data });
      fillTile(buttons.tile, canvas, record, crop, { width, height });
    });
    this.#places = records.map(({ box }) => ({
      left: box.left / width,
      top: box.top / height,
      width: box.width / width,
      height: box.height / height,
    }));
    this.#placeTags();
    this.showMasks(this.#masks);
  }

  /** Names of boxes that begin at nearly the same place would hide each other. */
  #placeTags(): void {
    const { clientWidth, clientHeight } = this.#stage.element;
    const boxes = this.#places.map(({ left, top, width, height }) => ({
      left: left * clientWidth,
      top: top * clientHeight,
      width: width * clientWidth,
      height: height * clientHeight,
    }));
    tagCorners(boxes, TAG).forEach((corner, crop) => {
      const tag = this.#shown[crop]?.box.querySelector<HTMLElement>('.tag');
      if (tag) tag.dataset['corner'] = corner;
    });
  }

  /** @param masks of the first crops; undefined: one is not masked */
  showMasks(masks: readonly (CropMask | undefined)[]): void {
    this.#masks = masks;
    this.#shown.forEach(({ tile }, crop) => {
      for (const old of tile.querySelectorAll('.mask, .mask-words')) old.remove();
      const mask = masks[crop];
      if (mask === undefined) return;
      tile.querySelector('.frame')?.append(maskCanvas(mask));
      tile.append(element('span', { class: 'unseen mask-words' }, ` ${maskWords(mask)}`));
    });
    this.#light();
  }

  /** Buttons stay while there is a crop for them, and with them focus and pointer. */
  #fitTo(count: number): void {
    while (this.#shown.length < count) this.#addCrop();
    for (const { box, tile } of this.#shown.splice(count)) {
      box.remove();
      tile.remove();
    }
    const there = (crop: number | undefined) => (crop !== undefined && crop < count ? crop : undefined);
    this.#reached = there(this.#reached) ?? 0;
    this.#pinned = there(this.#pinned);
    this.#pointed = there(this.#pointed);
  }

  #addCrop(): void {
    const crop = this.#shown.length;
    const attributes = { type: 'button', 'data-crop': `${crop}`, 'data-vscode-context': menuContext(crop) };
    const box = element('button', attributes, element('span', { class: 'tag' }));
    const tile = element('button', attributes);
    this.#listen(box, crop, 'box');
    this.#listen(tile, crop, 'tile');
    this.#boxes.append(box);
    this.#tiles.append(tile);
    this.#shown.push({ box, tile });
  }

  #listen(button: HTMLButtonElement, crop: number, group: keyof CropButtons): void {
    button.addEventListener('pointerenter', () => {
      this.#point(crop);
      // The film may be longer than the panel is wide.
      if (group === 'box') this.#shown[crop]?.tile.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
    button.addEventListener('pointerleave', () => this.#point(undefined));
    button.addEventListener('focus', () => {
      this.#reached = crop;
      this.#point(crop);
    });
    button.addEventListener('blur', () => this.#point(undefined));
    button.addEventListener('click', () => {
      this.#pinned = this.#pinned === crop ? undefined : crop;
      this.#light();
      this.#tellPinned();
    });
    button.addEventListener('keydown', (event) => {
      const step = STEPS[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#shown[(crop + step + this.#shown.length) % this.#shown.length]?.[group].focus();
    });
  }

  #point(crop: number | undefined): void {
    this.#pointed = crop;
    this.#light();
  }

  #light(): void {
    const lit = this.#pointed ?? this.#pinned;
    this.#stage.element.classList.toggle('some-lit', lit !== undefined);
    this.#tellRecipe(lit);
    this.#shown.forEach(({ box, tile }, crop) => {
      for (const button of [box, tile]) {
        button.classList.toggle('lit', crop === lit);
        button.setAttribute('aria-pressed', `${crop === this.#pinned}`);
        button.tabIndex = crop === this.#reached ? 0 : -1;
      }
    });
  }

  #tellRecipe(lit: number | undefined): void {
    const mask = lit === undefined ? undefined : this.#masks[lit];
    const recipe = lit === undefined ? undefined : this.#recipes[lit];
    const words = recipe !== undefined && mask ? `${recipe} · ${maskWords(mask)}` : recipe;
    this.#recipe.textContent =
      words ?? l10n.t('Point at a crop or at its box to see what was done to it. A click pins it.');
  }

  #tellPinned(): void {
    const index = this.#pinned;
    this.onPin(index === undefined ? undefined : { index, name: this.#names[index] ?? '' });
  }
}

/** Smaller boxes lie over larger ones, so that each can be pointed at. */
function placeBox(button: HTMLButtonElement, record: CropRecord, crop: number, { width, height }: Size): void {
  const { box, kind } = record;
  button.className = `box ${kind}`;
  button.title = l10n.t('Box of {0}', cropName(record, crop));
  button.style.left = `${(100 * box.left) / width}%`;
  button.style.top = `${(100 * box.top) / height}%`;
  button.style.width = `${(100 * box.width) / width}%`;
  button.style.height = `${(100 * box.height) / height}%`;
  button.style.zIndex = `${1000 - Math.round((999 * box.width * box.height) / (width * height))}`;
  const tag = button.querySelector('.tag');
  if (tag) tag.textContent = tagOf(record, crop);
}

/** What is read out is all that the line above says of the crop that is lit. */
function fillTile(
  tile: HTMLButtonElement,
  canvas: HTMLCanvasElement,
  record: CropRecord,
  crop: number,
  image: Size,
): void {
  tile.className = `tile ${record.kind}`;
  tile.title = cropName(record, crop);
  const name = element(
    'span',
    { class: 'name' },
    element('span', { class: 'tag' }, tagOf(record, crop)),
    ' ',
    element('span', { class: 'seen-by' }, seenBy(record)),
  );
  const steps = element('span', { class: 'unseen' }, ` ${recipeOf(record, image).join(' ')}`);
  tile.replaceChildren(element('span', { class: 'frame' }, canvas), name, steps);
}

/** G1, L3. */
const tagOf = (record: CropRecord, crop: number): string => cropName(record, crop).replace(/^(.)\w+ /, '$1');
