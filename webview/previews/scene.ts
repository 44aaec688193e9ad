/** The image with the boxes of its crops, and the crops themselves. A box and its crop are shown as one: what lights one lights both. */
import * as l10n from '@vscode/l10n';
import type { Crops } from '../../src/protocol/previews.js';
import { element } from '../shared/element.js';
import { type CropRecord, cropName, recipeOf, seenBy } from './recipe.js';

/** 8-bit pixels, [height, width, channels]. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

export interface Scene {
  readonly element: HTMLElement;
  showImage(image: Omit<Pixels, 'channels'>, name: string): void;
  showCrops(crops: Crops): void;
}

export interface PinnedCrop {
  readonly index: number;
  readonly name: string;
}

/** What VS Code's own menu is told of what is under the pointer. */
const menuContext = (crop?: number): string =>
  JSON.stringify({ webviewSection: 'crop', crop, preventDefaultContextMenuItems: true });

/** The two buttons of a crop. */
interface CropButtons {
  readonly box: HTMLButtonElement;
  readonly tile: HTMLButtonElement;
}

/** @param onPin tells the name of the crop that was clicked, and its index; undefined: none is */
export function cropScene(onPin: (crop: PinnedCrop | undefined) => void): Scene {
  const image = element('canvas', { class: 'image', role: 'img', 'data-vscode-context': menuContext() });
  const boxes = element('div', { role: 'group', 'aria-label': l10n.t('Boxes of the crops in the image') });
  const stage = element('div', { class: 'stage' }, image, boxes);
  const tiles = element('div', { class: 'tiles', role: 'group', 'aria-label': l10n.t('Crops') });
  const shown: CropButtons[] = [];
  let names: readonly string[] = [];
  /** Under the pointer or with the focus; else the one that was clicked. */
  let pointed: number | undefined;
  let pinned: number | undefined;
  /** The one that Tab leads to; the arrow keys go on from it. */
  let reached = 0;

  const light = (): void => {
    const lit = pointed ?? pinned;
    stage.classList.toggle('some-lit', lit !== undefined);
    shown.forEach(({ box, tile }, crop) => {
      for (const button of [box, tile]) {
        button.classList.toggle('lit', crop === lit);
        button.setAttribute('aria-pressed', `${crop === pinned}`);
        button.tabIndex = crop === reached ? 0 : -1;
      }
    });
  };
  const tellPinned = (): void => onPin(pinned === undefined ? undefined : { index: pinned, name: names[pinned] ?? '' });
  const listen = (button: HTMLButtonElement, crop: number, group: keyof CropButtons): void => {
    const point = (to: number | undefined) => () => {
      pointed = to;
      light();
    };
    button.addEventListener('pointerenter', point(crop));
    button.addEventListener('pointerleave', point(undefined));
    button.addEventListener('focus', () => {
      reached = crop;
      point(crop)();
    });
    button.addEventListener('blur', point(undefined));
    button.addEventListener('click', () => {
      pinned = pinned === crop ? undefined : crop;
      light();
      tellPinned();
    });
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      shown[(crop + step + shown.length) % shown.length]?.[group].focus();
    });
  };
  const addCrop = (): void => {
    const crop = shown.length;
    const attributes = { type: 'button', 'data-crop': `${crop}`, 'data-vscode-context': menuContext(crop) };
    const box = element('button', attributes, element('span', { class: 'tag' }));
    const tile = element('button', attributes);
    listen(box, crop, 'box');
    listen(tile, crop, 'tile');
    boxes.append(box);
    tiles.append(tile);
    shown.push({ box, tile });
  };
  /** Buttons stay while there is a crop for them, and with them focus and pointer. */
  const fitTo = (count: number): void => {
    while (shown.length < count) addCrop();
    for (const { box, tile } of shown.splice(count)) {
      box.remove();
      tile.remove();
    }
    if (reached >= count) reached = 0;
    if (pinned !== undefined && pinned >= count) pinned = undefined;
    if (pointed !== undefined && pointed >= count) pointed = undefined;
  };

  return {
    element: element('div', { class: 'scene' }, stage, tiles),
    showImage(pixels, name) {
      paint(image, { ...pixels, channels: 3 });
      image.setAttribute('aria-label', name);
      stage.style.setProperty('--ratio', `${pixels.width / pixels.height}`);
    },
    showCrops({ width, height, channels, records, pixels }) {
      fitTo(records.length);
      names = records.map(cropName);
      tellPinned();
      let start = 0;
      records.forEach((record, crop) => {
        const buttons = shown[crop];
        const length = record.size * record.size * channels;
        const data = new Uint8Array(pixels, start, length);
        start += length;
        if (buttons === undefined) return;
        place(buttons.box, record, crop, { width, height });
        fill(
          buttons.tile,
          record,
          crop,
          { width, height },
          { width: record.size, height: record.size, channels, data },
        );
      });
      light();
    },
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Smaller boxes lie over larger ones, so that each can be pointed at. */
function place(button: HTMLButtonElement, record: CropRecord, crop: number, { width, height }: Size): void {
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

function fill(tile: HTMLButtonElement, record: CropRecord, crop: number, image: Size, pixels: Pixels): void {
  const [area = '', ...steps] = recipeOf(record, image);
  const canvas = tile.querySelector('canvas') ?? element('canvas', { 'aria-hidden': 'true' });
  paint(canvas, pixels);
  tile.className = `tile ${record.kind}`;
  tile.title = cropName(record, crop);
  // What is seen is what is read out, word by word.
  tile.replaceChildren(
    canvas,
    element(
      'span',
      { class: 'name' },
      element('span', { class: 'tag' }, tagOf(record, crop)),
      ' ',
      element('span', { class: 'seen-by' }, seenBy(record)),
    ),
    ...[area, ...steps].flatMap((step) => [' ', element('span', { class: 'step' }, step)]),
  );
}

/** G1, L3. */
const tagOf = (record: CropRecord, crop: number): string => cropName(record, crop).replace(/^(.)\w+ /, '$1');

function paint(canvas: HTMLCanvasElement, { width, height, channels, data }: Pixels): void {
  const painted = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    for (let channel = 0; channel < 3; channel++)
      painted[pixel * 4 + channel] = data[from + (channels === 3 ? channel : 0)] ?? 0;
    painted[pixel * 4 + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(painted, width, height), 0, 0);
}
