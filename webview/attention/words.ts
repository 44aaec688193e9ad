/** What the page says of the network and of what is shown, in words. */
import * as l10n from '@vscode/l10n';
import { type Look, mapsOf } from '../shared/look.js';
import { type Head, headName } from './headTiles.js';
import { attentive, type Views } from './sides.js';

/** The network, and how finely it sees the image. */
export function networkText(look: Look): string {
  const { checkpointName, columns, rows, seen } = look;
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
  const count = attentive(views).length;
  if (count === 0) return l10n.t('A ResNet has no attention. Shown instead: the activations of its last stage.');
  if (views.right === undefined || count === 2) return undefined;
  const name = views.left.kind === 'activations' ? names[0] : names[1];
  return l10n.t('{0} is a ResNet, which has no attention. Shown instead: the activations of its last stage.', name);
}

/** @param name of the image */
export const canvasText = (look: Look, head: Head, name: string): string =>
  look.kind === 'attention'
    ? l10n.t(
        '{0}: attention over {1}. The arrow keys choose the patch whose attention is shown, Escape goes back to the CLS token.',
        headName(head),
        name,
      )
    : l10n.t(
        'Activations over {0}. The arrow keys choose the place that all others are compared with, Escape goes back to the norms.',
        name,
      );

/** @param query the index of the place in reading order; undefined: none */
export function queryText(look: Look, query: number | undefined, isPinned: boolean): string {
  const place =
    query === undefined ? undefined : ([(query % look.columns) + 1, Math.floor(query / look.columns) + 1] as const);
  return look.kind === 'attention' ? attentionText(place, isPinned) : activationsText(look, query, place, isPinned);
}

type ColumnAndRow = readonly [column: number, row: number] | undefined;

function attentionText(place: ColumnAndRow, isPinned: boolean): string {
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
