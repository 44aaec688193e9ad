/** What folders of runs of a ViT say of it in `config`. */

import { z } from 'zod';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import type { HeadSpec } from '../../../src/method/heads/dinoHead.js';
import type { NetworkSpec } from '../../../src/method/network.js';

const count = z.int().min(1);

export const vitConfigSchema = z.object({
  dim: count,
  depth: count,
  heads: count,
  patch: count,
  img: count,
  local: count,
  ncrops: z.int().min(2),
  batch: count,
  hidden: count,
  bottleneck: count,
  k: count,
});

type VitConfig = z.output<typeof vitConfigSchema>;

/** The network of a run. @param head what the folder says of it elsewhere */
export const vitNetwork = (
  { dim, depth, heads, patch, img, hidden, bottleneck, k }: VitConfig,
  inChans: number,
  head: Pick<HeadSpec, 'normLastLayer' | 'batchNorm'>,
): NetworkSpec => ({
  backbone: {
    kind: 'vit',
    ...vitOfDino({ patchSize: patch, inChans, imageSize: img, embedDim: dim, depth, numHeads: heads }),
  },
  head: { inDim: dim, hiddenDim: hidden, bottleneckDim: bottleneck, outDim: k, ...head },
});
