/** The large image as a PNG: to a file that the host asks for, or to the clipboard. */
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { save } from '../../src/protocol/attentionPanel.js';
import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { tell } from '../shared/host.js';

/** Small images are saved so large that their pixels can be seen. */
const LEAST_SAVED_SIDE = 480;

export interface Painting {
  /** Pixels of the image. */
  readonly width: number;
  readonly height: number;
  readonly paint: (context: CanvasRenderingContext2D) => void;
}

/** @throws Error with one sentence when it is too large */
async function png({ width, height, paint }: Painting): Promise<Blob> {
  const factor = Math.max(1, Math.ceil(LEAST_SAVED_SIDE / Math.max(width, height)));
  const canvas = element('canvas', { width: `${width * factor}`, height: `${height * factor}` });
  const context = canvas.getContext('2d');
  if (context) paint(context);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error(l10n.t('The image is too large to be saved: choose a lower resolution.'));
  return blob;
}

async function saveImage(painting: Painting, name: string): Promise<void> {
  const blob = await png(painting);
  tell(save, { name, png: await blob.arrayBuffer() });
}

/** @throws Error with one sentence when the clipboard does not take it */
async function copyImage(painting: Painting): Promise<void> {
  const blob = await png(painting);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
  } catch (error) {
    const reason = errorMessage(error);
    throw new Error(l10n.t('The clipboard did not take the image ({0}): use Save as PNG instead.', reason));
  }
}

export interface Giving {
  /** Undefined: there is nothing to give. */
  readonly painting: () => Painting | undefined;
  /** Proposed for the file. */
  readonly name: () => string;
  readonly onDone: (sentence: string) => void;
  /** Undefined: there is none any more. */
  readonly onProblem: (sentence: string | undefined) => void;
}

export function givingButtons({ painting, name, onDone, onProblem }: Giving): readonly HTMLElement[] {
  const give = async (use: (painting: Painting) => Promise<void>, done?: string): Promise<void> => {
    const given = painting();
    if (given === undefined) return;
    onProblem(undefined);
    try {
      await use(given);
      if (done !== undefined) onDone(done);
    } catch (error) {
      onProblem(errorMessage(error));
    }
  };
  return [
    button(l10n.t('Save as PNG…'), () => void give((given) => saveImage(given, name()))),
    button(l10n.t('Copy as PNG'), () => void give(copyImage, l10n.t('The image is in the clipboard.'))),
  ];
}
