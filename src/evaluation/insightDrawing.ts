/** What a network shows of an image, drawn, from the outputs of its compiled program. */
import sharp from 'sharp';
import { type Image, withChannels } from '../data/image.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import type { NamedHostTensors } from '../program/program.js';
import { mapOf } from './attentionGlance.js';
import { drawBeside } from './attentionImage.js';
import { insightInto } from './insight.js';

/** Pixels of a square image; two of these side by side. */
const SIDE = 160;

export interface Drawing {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** @param outputs of the backbone's `insightInto(…).program` @param image the square that it saw */
export async function drawInsight(backbone: BackboneSpec, outputs: NamedHostTensors, image: Image): Promise<Drawing> {
  const { width, height } = image;
  const { data } = withChannels(image, 3);
  const seen = { image: data, width, height };
  const map = mapOf({ ...insightInto(backbone).of(outputs, { width, height }), ...seen });
  const png = await drawBeside(map, { width: SIDE, height: SIDE });
  const size = await sharp(png).metadata();
  return { png, width: size.width, height: size.height };
}
