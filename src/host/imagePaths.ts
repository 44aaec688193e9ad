/** Paths of images in a line of text, Markdown, CSV or JSON. Knows nothing of files: whether one is there, others find out. */
import { isImageName } from '../files/imageEndings.js';

/** A text that may be an image's path. */
export interface FoundPath {
  /** As a file system writes it: no quotes, escapes or percent signs of the text around it. */
  readonly path: string;
  /** Where it stands in the line, from its first character to the one behind its last. */
  readonly start: number;
  readonly end: number;
}

/** So much of a line is looked at, before the place and behind it: a file may be a single line of megabytes. */
const REACH = 2048;

/**
 * What may be the path of an image at a place in a line, the likeliest first: what a link leads to, what stands in quotes, a cell of a
 * table, a word.
 * @param at from 0; the place behind the last character belongs to the line
 */
export function imagePathsAt(line: string, at: number): FoundPath[] {
  const from = Math.max(0, at - REACH);
  const text = line.slice(from, at + REACH);
  const place = at - from;
  const found: FoundPath[] = [];
  for (const { start, end, readings } of spansAt(text, place)) {
    // The place was on what has been taken off.
    if (place < start || place > end) continue;
    for (const reading of readings) {
      const path = pathOf(reading);
      if (path !== undefined && !found.some((other) => other.path === path))
        found.push({ path, start: from + start, end: from + end });
    }
  }
  return found;
}

interface Span {
  readonly start: number;
  readonly end: number;
  /** What it may mean. */
  readonly readings: readonly string[];
}

function* spansAt(text: string, at: number): Generator<Span> {
  yield* linksAt(text, at);
  for (const quote of ['"', "'", '`']) yield* quotedAt(text, at, quote);
  for (const delimiter of [',', '\t', ';', '|']) yield* cellAt(text, at, delimiter);
  yield* wordAt(text, at);
}

/** Markdown's `[text](<path> "title")` and `![text](path)`. */
const LINK =
  /!?\[(?:[^[\]]|\[[^[\]]*\])*\]\(\s*(<[^<>]*>|(?:[^()\s<>]|\([^()\s]*\))+)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/g;

function* linksAt(text: string, at: number): Generator<Span> {
  for (const match of text.matchAll(LINK)) {
    const [whole, target = ''] = match;
    const end = match.index + whole.length;
    if (at < match.index || at > end) continue;
    const path = target.replace(/^<(.*)>$/, '$1');
    yield { start: match.index, end, readings: [decoded(path), path] };
  }
}

/** Between the nearest quotes, whichever of them opens: the beginning of the line may be out of reach. */
function* quotedAt(text: string, at: number, quote: string): Generator<Span> {
  const isQuote = (place: number) => text[place] === quote && !isEscaped(text, place);
  let start = at - 1;
  while (start >= 0 && !isQuote(start)) start--;
  let end = at;
  while (end < text.length && !isQuote(end)) end++;
  if (start < 0 || end >= text.length) return;
  const inside = text.slice(start + 1, end);
  const readings = [inside, decoded(inside)];
  if (quote === '"') readings.unshift(asJson(inside) ?? inside);
  yield { start: start + 1, end, readings };
}

function isEscaped(text: string, place: number): boolean {
  let backslashes = 0;
  while (text[place - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** A cell of a table; one in quotes may hold the delimiter, and doubled quotes. */
function* cellAt(text: string, at: number, delimiter: string): Generator<Span> {
  let start = 0;
  let isQuoted = false;
  for (let place = 0; place <= text.length; place++) {
    if (text[place] === '"') isQuoted = !isQuoted;
    if (place < text.length && (text[place] !== delimiter || isQuoted)) continue;
    if (at <= place) {
      const cell = text.slice(start, place);
      const value = cell.trim();
      const unquoted = /^"(.*)"$/s.exec(value)?.[1]?.replaceAll('""', '"') ?? value;
      const first = start + cell.indexOf(value);
      yield { start: first, end: first + value.length, readings: [unquoted, decoded(unquoted)] };
      return;
    }
    start = place + 1;
  }
}

const OUTSIDE = /[\s"'`<>|*]/;

function* wordAt(text: string, at: number): Generator<Span> {
  let start = at;
  while (start > 0 && !OUTSIDE.test(text[start - 1] ?? '')) start--;
  let end = at;
  while (end < text.length && !OUTSIDE.test(text[end] ?? '')) end++;
  const word = text.slice(start, end);
  const inner = word.replace(/^[([{,;:=]+/, '').replace(/[)\]},;:.!?]+$/, '');
  const first = start + word.indexOf(inner);
  yield { start: first, end: first + inner.length, readings: [inner, decoded(inner)] };
  // `path=cat.png`, `cat.png:3`, `a.png,b.png`.
  for (const part of inner.matchAll(/[^,;:=()[\]{}]+/g)) {
    const [begin, stop] = [first + part.index, first + part.index + part[0].length];
    if (at >= begin && at <= stop) yield { start: begin, end: stop, readings: [part[0], decoded(part[0])] };
  }
}

const MOST_CHARACTERS = 1024;

/** @returns undefined for what is no image's path on this machine */
function pathOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MOST_CHARACTERS || /[\0\r\n\t]/.test(trimmed)) return undefined;
  const ofFile = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(trimmed)?.[1];
  const path = ofFile === undefined ? trimmed : decoded(ofFile).replace(/^\/(?=[a-z]:)/i, '');
  // What lies elsewhere, or a part of its address. One letter is a drive. Two slashes, either way round, are another machine on Windows,
  // which must not be asked because a mouse rests on its name.
  if (/^[\\/]{2}/.test(path) || (ofFile === undefined && /^[a-z][a-z\d+.-]+:|:\/\//i.test(path))) return undefined;
  if (isImageName(path)) return path;
  const bare = path.replace(/[?#].*$/, '');
  return isImageName(bare) ? bare : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that is none of a URL's.
  }
}

function asJson(inside: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${inside}"`);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
