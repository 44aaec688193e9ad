/** Every kind of reference folder. */
import type { Kind } from '../kind.js';
import { copies } from './copies/kind.js';
import { dinov2Vit } from './dinov2Vit/kind.js';
import { finetune } from './finetune/kind.js';
import { knnClasses } from './knnClasses/kind.js';
import { linear } from './linear/kind.js';
import { optimizers } from './optimizers/kind.js';
import { resnet } from './resnet/kind.js';
import { retrieval } from './retrieval/kind.js';
import { segmentation } from './segmentation/kind.js';
import { tinyVit } from './tinyVit/kind.js';
import { video } from './video/kind.js';
import { weights } from './weights/kind.js';

export const KINDS: readonly Kind[] = [
  tinyVit,
  optimizers,
  finetune,
  resnet,
  retrieval,
  dinov2Vit,
  segmentation,
  copies,
  video,
  weights,
  linear,
  knnClasses,
];
