/** What the page says of the network and of what is shown, in words. */
import * as l10n from '@vscode/l10n';
import { type Look, mapsOf } from '../shared/look.js';
import { type Head, headName } from './headTiles.js';
import { type PatchesLook, similarityTo } from './patchesLook.js';
import { attentive, type Seen, type Views } from './sides.js';

/** The network, and how finely it sees the image. */
export function networkText(look: Seen): string {
  const { checkpointName, columns, rows, seen } = look;
  if (look.kind === 'patches')
    return l10n.t(
      '{0} · {1} × {2} patches of an image of {3} × {4}, {5} numbers each',
      checkpointName,
      columns,
      rows,
      seen.width,
      seen.height,
      look.dim,
    );
  return look.kind === 'attention'
    ? l10n.t(
        '{0} · {1} heads · {2} × {3} patches of an image of {4} × {5}',
        checkpointName,
        look.heads,
        columns,
        rows,
        seen.width,
        seen.height,
      )
    : l10n.t(
        '{0} · {1} channels at {2} × {3} places of an image of {4} × {5}',
        checkpointName,
        look.channels,
        columns,
        rows,
        seen.width,
        seen.height,
      );
}

/** What is shown in place of attention, where it is; `names` are those of the sides. */
export function withoutAttentionText(views: Views, names: readonly [left: string, right: string]): string | undefined {
  if (views.left.kind === 'patches') return undefined;
  const count = attentive(views).length;
  if (count === 0) return l10n.t('A ResNet has no attention. Shown instead: the activations of its last stage.');
  if (views.right === undefined || count === 2) return undefined;
  const name = views.left.kind === 'activations' ? names[0] : names[1];
  return l10n.t('{0} is a ResNet, which has no attention. Shown instead: the activations of its last stage.', name);
}

/** @param name of the image */
export const canvasText = (look: Seen, head: Head, name: string): string =>
  look.kind === 'patches'
    ? l10n.t(
        'Patch features over {0}. The arrow keys choose the patch that all others are compared with, Escape goes back to the principal components.',
        name,
      )
    : look.kind === 'attention'
      ? l10n.t(
          '{0}: attention over {1}. The arrow keys choose the patch whose attention is shown, Escape goes back to the CLS token.',
          headName(head),
          name,
        )
      : l10n.t(
          'Activations over {0}. The arrow keys choose the place that all others are compared with, Escape goes back to the norms.',
          name,
        );

/** Of what is asked about. */
interface Asked {
  readonly isPinned: boolean;
  /** Whose attention is shown without a place; undefined: the CLS token's. */
  readonly register: number | undefined;
  /** Name of the second image; undefined: there is none. */
  readonly beside: string | undefined;
}

/** @param query the index of the place in reading order; undefined: none */
export function queryText(look: Seen, query: number | undefined, asked: Asked): string {
  const { isPinned, register } = asked;
  const place =
    query === undefined ? undefined : ([(query % look.columns) + 1, Math.floor(query / look.columns) + 1] as const);
  switch (look.kind) {
    case 'attention':
      return attentionText(place, isPinned, register !== undefined && register < look.registers ? register : undefined);
    case 'activations':
      return activationsText(look, query, place, isPinned);
    case 'patches':
      return query === undefined || place === undefined
        ? componentsText(look)
        : similarityText(look, query, place, asked);
  }
}

type ColumnAndRow = readonly [column: number, row: number] | undefined;

function attentionText(place: ColumnAndRow, isPinned: boolean, register: number | undefined): string {
  if (place === undefined && register !== undefined)
    return l10n.t('Attention of register {0}. Point at a patch to see its own.', register + 1);
  if (place === undefined) return l10n.t('Attention of the CLS token. Point at a patch to see its own.');
  return isPinned
    ? l10n.t('Attention of the patch in column {0}, row {1}, pinned. Escape unpins it.', ...place)
    : l10n.t('Attention of the patch in column {0}, row {1}. A click pins it.', ...place);
}

/** With the ends of the color scale, which tell whether the places differ at all. */
function activationsText(look: Look, query: number | undefined, place: ColumnAndRow, isPinned: boolean): string {
  const { values } = mapsOf(look, query)('mean');
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  if (place === undefined)
    return l10n.t(
      'Norm of the activation at each place: {0} to {1}. Point at a place to compare it with all others.',
      least.toPrecision(3),
      most.toPrecision(3),
    );
  const shown = [...place, least.toFixed(2), most.toFixed(2)];
  return isPinned
    ? l10n.t(
        'Cosine similarity to the activation in column {0}, row {1}: {2} to {3}, pinned. Escape unpins it.',
        ...shown,
      )
    : l10n.t('Cosine similarity to the activation in column {0}, row {1}: {2} to {3}. A click pins it.', ...shown);
}

/** How the colors came about. */
function componentsText({ explained, isParted, foreground }: PatchesLook): string {
  if (!isParted)
    return l10n.t(
      'The patches hardly differ: the first principal component does not tell foreground from background. Point at a patch to compare it with all others.',
    );
  const count = foreground.reduce((sum, one) => sum + one, 0);
  return l10n.t(
    'Colors: principal components 1 to 3 of the foreground, the {0} of {1} patches above 0 on the first component of all ({2} % of the variance). Point at a patch to compare it with all others.',
    count,
    foreground.length,
    Math.round(100 * explained),
  );
}

/** With the ends of the color scale. */
function similarityText(
  look: PatchesLook,
  query: number,
  place: readonly [column: number, row: number],
  { isPinned, beside }: Asked,
): string {
  const { values, range, beside: found } = similarityTo(look, query);
  const [least, most] = range.map((value) => value.toFixed(2)) as [string, string];
  const sentences = [
    isPinned
      ? l10n.t(
          'Cosine similarity to the patch in column {0}, row {1}: {2} to {3}, pinned. Escape unpins it.',
          ...place,
          least,
          most,
        )
      : l10n.t(
          'Cosine similarity to the patch in column {0}, row {1}: {2} to {3}. A click pins it.',
          ...place,
          least,
          most,
        ),
  ];
  if (found && look.beside && beside !== undefined) {
    const { columns } = look.beside;
    sentences.push(
      l10n.t(
        'Most similar in {0}: column {1}, row {2} ({3}).',
        beside,
        (found.best % columns) + 1,
        Math.floor(found.best / columns) + 1,
        (found.values[found.best] as number).toFixed(2),
      ),
    );
  } else sentences.push(l10n.t('Mean of all patches: {0}.', meanOf(values).toFixed(2)));
  return sentences.join(' ');
}

const meanOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
