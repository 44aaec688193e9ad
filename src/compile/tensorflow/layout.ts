/** TensorFlow's kernels for processors take images [batch, height, width, channels]; in a program they are [batch, channels, height, width]. */
import { type Body, typeOf } from './body.js';

export const channelsLast = (body: Body, images: string): string =>
  body.transpose(images, [0, 2, 3, 1], typeOf('float32'));

export const channelsFirst = (body: Body, images: string): string =>
  body.transpose(images, [0, 3, 1, 2], typeOf('float32'));
