/** Every dialect that weights are read in. */
import type { ModelConfig } from '../modelConfig.js';
import { findNetworks } from '../networks.js';
import type { WeightsFile } from '../weightsFile.js';
import { deit } from './deit.js';
import type { Dialect, ForeignNetwork } from './dialect.js';
import { dino } from './dino.js';
import { dinoLab } from './dinoLab.js';
import { dinov2 } from './dinov2.js';
import { huggingFace } from './huggingFace.js';
import { huggingFaceResnet } from './huggingFaceResnet.js';
import { ibot } from './ibot.js';
import { lightly, lightlyResnet, lightlyTrain } from './lightly.js';
import { mocoV3 } from './mocoV3.js';
import { soloLearn } from './soloLearn.js';
import { timm } from './timm.js';
import { torchvision } from './torchvision.js';

/** A network is of the first that recognizes it: DINO's own comes last of those that share its names. */
export const DIALECTS: readonly Dialect[] = [
  huggingFace,
  dinoLab,
  mocoV3,
  dinov2,
  ibot,
  soloLearn,
  lightly,
  lightlyTrain,
  deit,
  timm,
  dino,
  torchvision,
  lightlyResnet,
  huggingFaceResnet,
];

/**
 * All networks in a file, each with what reads it.
 * @param library reads in the dialect of this name alone
 */
export function networksOf(
  file: WeightsFile,
  config: ModelConfig | undefined,
  {
    dialects = DIALECTS,
    library,
  }: { readonly dialects?: readonly Dialect[]; readonly library?: string | undefined } = {},
): (ForeignNetwork & { readonly dialect: Dialect })[] {
  const wanted = library === undefined ? dialects : dialects.filter(({ name }) => isSame(name, library));
  if (wanted.length === 0) {
    const names = [...new Set(dialects.map(({ name }) => name))].join(', ');
    throw new Error(`There is no library ${library}: weights are read as those of ${names}.`);
  }
  return [...new Set(wanted.map(({ firstTensor }) => firstTensor))].flatMap((firstTensor) => {
    const speakers = wanted.filter((dialect) => dialect.firstTensor === firstTensor);
    return findNetworks(file.root, firstTensor).flatMap((network) => {
      const foreign: ForeignNetwork = { ...network, file, config };
      const dialect = library === undefined ? speakers.find((speaker) => speaker.recognizes(foreign)) : speakers[0];
      return dialect === undefined ? [] : [{ ...foreign, dialect }];
    });
  });
}

const isSame = (name: string, asked: string): boolean => simple(name) === simple(asked);
const simple = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
