/**
 * Which folder tells an image's class: the first one on the way down to it that can. Folders that are all parts of a data set (`train`,
 * `test`) or mere containers (`images`) tell none, and neither does a folder without another beside it, where those below it do.
 */
import { counted } from '../text/counted.js';

export interface ClassFolders {
  /** In the order of the images. */
  readonly classes: readonly string[];
  /** Index in `classes` of each image; undefined: it has none. */
  readonly labels: readonly (number | undefined)[];
  /** What was decided, where it is not the first level of folders; a sentence without its full stop. */
  readonly note?: string;
}

const PART =
  /^(?:train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?|dev|eval(?:uation)?|holdout)(?:[-_ ]?(?:set|data|images?|imgs?|\d{1,4}))?$/i;
const CONTAINER = /^(?:images?|imgs?|pictures?|photos?|data|dataset|raw|jpe?g(?:images)?|png|files?)$/i;

const tellsNothing = (name: string): boolean => PART.test(name) || CONTAINER.test(name);

/** @param names paths below the data set's folder, with '/' */
export function classFolders(names: readonly string[]): ClassFolders {
  const paths = names.map((name) => name.split('/').slice(0, -1));
  const { levels, passed } = explore(
    paths,
    paths.map((_, image) => image),
    0,
  );
  const texts = paths.map((path, image) => {
    const level = levels.get(image);
    return level === undefined ? undefined : path[level];
  });
  const classes = [...new Set(texts)].filter((name) => name !== undefined);
  const places = new Map(classes.map((name, place) => [name, place]));
  const labels = texts.map((text) => (text === undefined ? undefined : places.get(text)));
  const note = passed.length === 0 ? undefined : noteOf(passed, classes.length, labels);
  return { classes, labels, ...(note !== undefined && { note }) };
}

interface Explored {
  /** Of each image that has a class: the place in its path of the folder that tells it. */
  readonly levels: ReadonlyMap<number, number>;
  /** Folders that tell no class. */
  readonly passed: readonly string[];
}

/** @param images that lie below the same folder, `level` deep */
function explore(paths: readonly (readonly string[])[], images: readonly number[], level: number): Explored {
  const folders = new Map<string, number[]>();
  for (const image of images) {
    const folder = paths[image]?.[level];
    if (folder === undefined) continue;
    const inside = folders.get(folder);
    if (inside === undefined) folders.set(folder, [image]);
    else inside.push(image);
  }
  const inFolders = [...folders.values()].flat();
  const own = { levels: new Map(inFolders.map((image) => [image, level])), passed: [] };
  const areNoClasses = folders.size > 0 && [...folders.keys()].every(tellsNothing);
  const isAlone = folders.size === 1 && inFolders.length === images.length;
  if (!areNoClasses && !isAlone) return own;
  const below = [...folders].map(([folder, inside]) => ({
    folder,
    inside,
    explored: explore(paths, inside, level + 1),
  }));
  const levels = new Map(below.flatMap(({ explored }) => [...explored.levels]));
  const names = new Set([...levels].map(([image, at]) => paths[image]?.[at]));
  if (!areNoClasses && names.size < 2) return own;
  const passed = below.flatMap(({ folder, inside: [first = 0], explored }) =>
    explored.passed.length > 0 ? explored.passed : [[...(paths[first] ?? []).slice(0, level), folder].join('/')],
  );
  return { levels, passed };
}

const MOST_LISTED = 6;

function noteOf(passed: readonly string[], classes: number, labels: readonly (number | undefined)[]): string {
  const all = passed.length > MOST_LISTED ? ' and others' : '';
  const list = `${passed.slice(0, MOST_LISTED).join(', ')}${all}`;
  if (classes === 0)
    return `no classes: ${list} ${passed.length > 1 ? 'are' : 'is'} no class, and no folders are below`;
  const without = labels.filter((label) => label === undefined).length;
  const rest = without > 0 ? `; outside of them ${counted(without, 'image')} without a class` : '';
  return `classes: the ${classes} folders below ${list}${rest}`;
}
