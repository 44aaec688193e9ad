/** Every kind of reference folder. */
import type { Kind } from '../kind.js';
import { dinov2Vit } from './dinov2Vit/kind.js';
import { optimizers } from './optimizers/kind.js';
import { resnet } from './resnet/kind.js';
import { tinyVit } from './tinyVit/kind.js';
import { weights } from './weights/kind.js';

export const KINDS: readonly Kind[] = [tinyVit, optimizers, resnet, dinov2Vit, weights];
