/** Every kind of reference folder. */
import type { Kind } from '../kind.js';
import { copies } from './copies/kind.js';
import { dinov2Distill } from './dinov2Distill/kind.js';
import { dinov2Losses } from './dinov2Losses/kind.js';
import { dinov2Masking } from './dinov2Masking/kind.js';
import { dinov2Step } from './dinov2Step/kind.js';
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
  dinov2Distill,
  // Before `optimizers`, which has a part of its keys.
  dinov2Step,
  optimizers,
  finetune,
  resnet,
  retrieval,
  dinov2Vit,
  dinov2Losses,
  dinov2Masking,
  segmentation,
  copies,
  video,
  weights,
  linear,
  knnClasses,
];
