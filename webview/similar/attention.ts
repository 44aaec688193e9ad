/** What the network attends to in the query and in the image beside it, over the images. */
import { answerSchema } from '../../src/protocol/attentionPanel.js';
import { type AttentionQuestion, askAttention } from '../../src/protocol/similarPanel.js';
import { element } from '../shared/element.js';
import { request } from '../shared/host.js';
import { lookOf, mapsOf } from '../shared/look.js';
import { type PaintOptions, paintOverlay } from '../shared/paintOverlay.js';

const DRAWN: PaintOptions = {
  kind: 'heat',
  opacity: 0.6,
  share: 0.6,
  colorMap: 'inferno',
  isSmooth: true,
  isOutlined: false,
};

/** The mean of the heads' attention of the CLS token; without attention the norms of the activations. @throws Error with one sentence */
export async function attended(question: AttentionQuestion): Promise<HTMLCanvasElement> {
  const look = lookOf(await request(askAttention, answerSchema, question));
  const canvas = element('canvas', { width: `${look.width}`, height: `${look.height}`, 'aria-hidden': 'true' });
  const context = canvas.getContext('2d');
  if (context) paintOverlay(context, mapsOf(look, undefined)('mean'), DRAWN);
  return canvas;
}
