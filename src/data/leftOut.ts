/** What a scan of a folder left out, so that nothing disappears without a word. */
import { extname } from 'node:path';
import { counted } from '../text/counted.js';

export interface LeftOut {
  /** Files that are no images by their names, counted by ending in lower case, such as `.heic`; the empty one is that of files without. */
  readonly endings: Readonly<Record<string, number>>;
  /** What might have been images, or held some. */
  readonly others: readonly LeftOutGroup[];
}

interface LeftOutGroup {
  readonly reason: string;
  readonly count: number;
  /** Path of the first one, below the folder. */
  readonly example: string;
}

/** Counts what is left out during a scan. */
export class LeftOutCounter {
  readonly #endings = new Map<string, number>();
  readonly #others = new Map<string, { count: number; readonly example: string }>();

  addFile(name: string): void {
    const ending = endingOf(name);
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  add(reason: string, path: string): void {
    const group = this.#others.get(reason);
    if (group === undefined) this.#others.set(reason, { count: 1, example: path });
    else group.count++;
  }

  result(): LeftOut {
    return {
      endings: Object.fromEntries([...this.#endings].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))),
      others: [...this.#others].map(([reason, { count, example }]) => ({ reason, count, example })),
    };
  }
}

/** A word behind the last dot is an ending; anything else (`Fig. 3 of 1999`) belongs to the name. */
function endingOf(name: string): string {
  const ending = extname(name).toLowerCase();
  return /^\.[a-z0-9_+-]{1,12}$/.test(ending) ? ending : '';
}

const MOST_NAMED_ENDINGS = 8;

/** `4 .heic files, 1 .svg file; 1 broken link (a/1.png)`; undefined when nothing was left out. */
export function describeLeftOut({ endings, others }: LeftOut): string | undefined {
  const all = Object.entries(endings);
  const named = all.slice(0, MOST_NAMED_ENDINGS);
  const more = all.slice(MOST_NAMED_ENDINGS).reduce((sum, [, count]) => sum + count, 0);
  const parts = [
    [
      ...named.map(([ending, count]) =>
        ending === '' ? `${counted(count, 'file')} without an ending` : counted(count, `${ending} file`),
      ),
      ...(more > 0 ? [`${counted(more, 'file')} with other endings`] : []),
    ].join(', '),
    ...others.map(({ reason, count, example }) => `${count} ${reason} (${count > 1 ? 'such as ' : ''}${example})`),
  ].filter((part) => part !== '');
  return parts.length === 0 ? undefined : parts.join('; ');
}
