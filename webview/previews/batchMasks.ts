/** The masks of a batch's global crops: which patches of which crop, painted, and all of them in one line. */
import * as l10n from '@vscode/l10n';
import type { CropSettings, Masks, Subject } from '../../src/protocol/previews.js';
import { element } from '../shared/element.js';

const GLOBALS = 2;
/** Okabe and Ito's reddish purple, besides the two colors of the boxes. */
const COLOR = [204, 121, 167, 225] as const;

export interface CropMask {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], 1 where a patch is masked. */
  readonly patches: Uint8Array;
}

/** The masks of the global crops of one image. @returns undefined for each that is not masked */
export function masksOf({ rows, columns, masks, batchSize }: Masks, place: number): (CropMask | undefined)[] {
  const count = rows * columns;
  if (place >= batchSize || count === 0) return [];
  return Array.from({ length: GLOBALS }, (_, crop) => {
    const patches = new Uint8Array(masks, (place * GLOBALS + crop) * count, count);
    return patches.includes(1) ? { rows, columns, patches } : undefined;
  });
}

const maskedIn = ({ patches }: CropMask): number => patches.reduce((sum, masked) => sum + masked, 0);

export const maskWords = (mask: CropMask): string =>
  l10n.t('{0} of {1} patches masked', maskedIn(mask), mask.patches.length);

/** One pixel a patch, transparent where none is masked. */
export function maskCanvas({ rows, columns, patches }: CropMask): HTMLCanvasElement {
  const canvas = element('canvas', { class: 'mask', 'aria-hidden': 'true' });
  canvas.width = columns;
  canvas.height = rows;
  const painted = new Uint8ClampedArray(4 * patches.length);
  patches.forEach((masked, patch) => {
    if (masked === 1) painted.set(COLOR, 4 * patch);
  });
  canvas.getContext('2d')?.putImageData(new ImageData(painted, columns, rows), 0, 0);
  return canvas;
}

/** How many patches of how many crops are masked. */
function masksLine(masks: Masks, { shown, masks: meaning }: Pick<Subject, 'shown' | 'masks'>): string {
  const { batchSize, rows, columns } = masks;
  const crops = GLOBALS * batchSize;
  const all = Array.from({ length: batchSize }, (_, place) => masksOf(masks, place)).flat();
  const masked = all.filter((mask) => mask !== undefined);
  if (masked.length === 0) return l10n.t('None of {0} global crops is masked.', crops);
  const patches = masked.reduce((sum, mask) => sum + maskedIn(mask), 0);
  const counts = [patches, crops * rows * columns, masked.length, crops];
  const words =
    meaning === 'compared'
      ? l10n.t(
          'The student sees all patches; {0} of {1}, in {2} of {3} global crops, are compared with the teacher’s.',
          ...counts,
        )
      : l10n.t('{0} of {1} patches are masked, in {2} of {3} global crops.', ...counts);
  return shown.kind === 'run' ? words : l10n.t('As the first image of a batch of {0}: {1}', batchSize, words);
}

export interface MasksView {
  readonly element: HTMLElement;
  /** Asks for the masks of a step's batch and shows them. */
  show(subject: Subject, settings: CropSettings, step: number): Promise<void>;
}

/** @param onMasks hears of the masks of the whole batch; undefined: there are none */
export function masksView(
  ask: (question: { readonly settings: CropSettings; readonly step: number }) => Promise<Masks>,
  onMasks: (masks: Masks | undefined) => void,
  sentenceOf: (error: unknown) => string,
): MasksView {
  const line = element('p', { class: 'masks', role: 'status', hidden: '' });
  let asked = 0;
  const tell = (words: string | undefined, masks?: Masks): void => {
    line.hidden = words === undefined;
    line.textContent = words ?? '';
    onMasks(masks);
  };
  return {
    element: line,
    async show(subject, settings, step) {
      const question = ++asked;
      if (subject.masks === 'none' || subject.problem !== undefined) {
        tell(undefined);
        return;
      }
      try {
        const masks = await ask({ settings, step });
        if (question === asked) tell(masksLine(masks, subject), masks);
      } catch (error) {
        if (question === asked) tell(sentenceOf(error));
      }
    },
  };
}
