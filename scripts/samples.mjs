import { readFileSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from './setup.mjs';

const emoji = path.join(root, 'node_modules', 'emoji-datasource-twitter');
/** Folder of a class and the category of Unicode that it shows. */
export const emojiClasses = {
  activities: 'Activities',
  animals: 'Animals & Nature',
  flags: 'Flags',
  food: 'Food & Drink',
  objects: 'Objects',
  places: 'Travel & Places',
  smileys: 'Smileys & Emotion',
  symbols: 'Symbols',
};
/** Photographs, each from an npm package of its own. */
export const photographs = [
  'acanthus-mollis',
  'airplane-from-above',
  'allium-oreophilum',
  'black-canyon',
  'french-alpine-landscape',
  'locomotion-house-cat',
  'march-pastoral',
  'nagasaki-boats',
];
export const photographFile = (/** @type {string} */ name) =>
  path.join(root, 'node_modules', '@stdlib', `datasets-img-${name}`, 'data', 'image.jpg');

/** Images of a class; every fourth is for testing. */
const perClass = 80;

/**
 * Lays out 640 labeled emoji of 64 x 64 pixels (Twemoji, copyright Twitter, Inc. and other contributors, licensed CC-BY 4.0), 480 to train
 * on and 160 to test on. The same images every time.
 * @returns {Promise<{ train: string, test: string }>}
 */
export async function makeEmoji() {
  const folder = path.join(root, '.cache', 'emoji');
  const [train, test] = [path.join(folder, 'train'), path.join(folder, 'test')];
  await rm(folder, { recursive: true, force: true });
  for (const [name, category] of Object.entries(emojiClasses)) {
    for (const split of [train, test]) await mkdir(path.join(split, name), { recursive: true });
    for (const [i, one] of spread(emojiOf(category), perClass).entries()) {
      await copyFile(emojiFile(one), path.join(i % 4 === 3 ? test : train, name, `${one.short_name}.png`));
    }
  }
  return { train, test };
}

/** @typedef {{ category: string, image: string, short_name: string, sort_order: number, has_img_twitter: boolean }} Emoji */

/** Those of a category, in Unicode's order. @returns {Emoji[]} */
export function emojiOf(/** @type {string} */ category) {
  /** @type {Emoji[]} */
  const all = JSON.parse(readFileSync(path.join(emoji, 'emoji.json'), 'utf8'));
  const members = all.filter((one) => one.has_img_twitter && one.category === category);
  return members.sort((a, b) => a.sort_order - b.sort_order);
}

export const emojiFile = (/** @type {Emoji} */ { image }) => path.join(emoji, 'img', 'twitter', '64', image);

/**
 * `count` of the items, evenly spaced. Neighbors in Unicode's order look alike, so a part of the order is not the whole.
 * @template T
 * @param {readonly T[]} items
 * @param {number} count
 */
export function spread(items, count) {
  return items.filter(
    (_, i) => Math.floor((i * count) / items.length) !== Math.floor(((i + 1) * count) / items.length),
  );
}
