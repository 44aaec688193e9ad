/** Names of images as people write them, matched with the images of a data set. */

/** What a name and an image's path have in common; more is better. */
export interface NameMatch {
  /** Index of the image. */
  readonly image: number;
  /** Folders and file that agree, from the end; then whether the ending does, and the letters' case. */
  readonly score: number;
  /** A folder that the name gives is not the image's within the data set. */
  readonly isElsewhere: boolean;
}

const IMAGE_ENDING = /\.(?:png|jpe?g|jpe|jfif|webp|gif|bmp|dib|tiff?|p[bgpn]m|avif|hei[cf]|jp2|j2k|npy|pt)$/i;

/** The ending of an image's file. */
export const hasImageEnding = (text: string): boolean => IMAGE_ENDING.test(text);

/** Longer texts name no file. */
const LONGEST_PATH = 4096;

interface Path {
  /** As it is written, in one Unicode form. */
  readonly text: string;
  /** In one case, from the last to the first, the last one without its ending. */
  readonly parts: readonly string[];
  readonly ending: string;
}

const AGREED = 4;
const SAME_ENDING = 2;
const SAME_CASE = 1;
/** The name is the whole path below the data set's folder. */
const WHOLE_PATH = 0.5;

export class ImageNames {
  readonly #paths: readonly Path[];
  /** By the name alone, with and without its ending. */
  readonly #places = new Map<string, number[]>();

  /**
   * @param names paths below the data set's folder
   * @param folder the data set's, whose own name may be in a table's paths
   */
  constructor(
    readonly names: readonly string[],
    folder?: string,
  ) {
    const above = folder === undefined ? '' : `${folder.replaceAll('\\', '/')}/`;
    this.#paths = names.map((name) => pathOf(`${above}${name}`, /\.\w+$/));
    this.#paths.forEach(({ parts: [stem = ''], ending }, image) => {
      for (const key of new Set([stem, stem + ending])) {
        const places = this.#places.get(key);
        if (places === undefined) this.#places.set(key, [image]);
        else places.push(image);
      }
    });
  }

  /** The image that a text names; 'several' where it may be one or the other; undefined where it is none. */
  find(text: string): NameMatch | 'several' | undefined {
    const written = text.trim();
    if (written === '' || written.length > LONGEST_PATH) return undefined;
    let best: NameMatch | 'several' | undefined;
    let most = 0;
    // A dot within a name begins no ending, unless it is an image's.
    for (const path of [pathOf(written, /$^/), ...(hasImageEnding(written) ? [pathOf(written, IMAGE_ENDING)] : [])]) {
      for (const image of this.#places.get(path.parts[0] ?? '') ?? []) {
        const match = this.#compare(path, image);
        if (match.score === most && best !== 'several' && best?.image !== image) best = 'several';
        if (match.score > most) {
          best = match;
          most = match.score;
        }
      }
    }
    return best;
  }

  #compare(path: Path, image: number): NameMatch {
    const own = this.#paths[image] as Path;
    // A name that was not cut has its ending in its last part.
    const isWhole = path.ending === '' && path.parts[0] === `${own.parts[0]}${own.ending}`;
    let agreed = 1;
    while (agreed < path.parts.length && path.parts[agreed] === own.parts[agreed]) agreed++;
    // Where the data set's folder itself lies is of no weight.
    const depth = (this.names[image] as string).split('/').length;
    const isElsewhere = agreed < Math.min(path.parts.length, depth);
    const hasEnding = isWhole || path.ending === own.ending;
    const written = path.text.split('/').slice(-agreed).join('/');
    const end = own.text.split('/').slice(-agreed).join('/');
    const hasCase = end.startsWith(written.slice(0, written.length - path.ending.length));
    return {
      image,
      score:
        AGREED * agreed +
        (hasEnding ? SAME_ENDING : 0) +
        (hasCase ? SAME_CASE : 0) +
        (agreed === depth && path.parts.length === depth ? WHOLE_PATH : 0),
      isElsewhere,
    };
  }
}

function pathOf(written: string, cut: RegExp): Path {
  const text = written
    .normalize('NFC')
    .replace(/^file:\/\//i, '')
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  const lower = text.toLowerCase();
  const ending = cut.exec(lower)?.[0] ?? '';
  return {
    text,
    parts: lower
      .slice(0, lower.length - ending.length)
      .split('/')
      .reverse(),
    ending,
  };
}
