/** What a configuration says of the network whose weights it lies beside, and what the weights say themselves. */
import type { ModelConfig } from '../modelConfig.js';
import type { WeightsFile } from '../weightsFile.js';

export interface Claim {
  /** `hidden_size`, as the configuration calls it. */
  readonly key: string;
  readonly says: unknown;
  readonly agrees: boolean;
  /** What the weights have in its place: the end of a clause. */
  readonly has: string;
}

type Values = Readonly<Record<string, unknown>>;

/** A claim about a number; none where the configuration leaves it out. */
export const ofNumber = (config: Values, key: string, has: number): Claim[] =>
  ofNumberBy(config, key, (says) => says === has, String(has));

function ofNumberBy(config: Values, key: string, agrees: (says: number) => boolean, has: string): Claim[] {
  const says = config[key];
  return typeof says === 'number' ? [{ key, says, agrees: agrees(says), has }] : [];
}

/** A claim that there is something, or is not. @param what it is, for people */
export function ofPart(config: Values, key: string, has: boolean, what: string): Claim[] {
  const says = config[key];
  if (typeof says !== 'boolean') return [];
  return [{ key, says, agrees: says === has, has: `${has ? '' : 'no '}${what}` }];
}

/** Of a square the one number; libraries write a side of it, or both. */
function sideOf(value: unknown): number | undefined {
  const [side, ...others]: readonly unknown[] = Array.isArray(value) ? value : [value];
  return typeof side === 'number' && others.every((other) => other === side) ? side : undefined;
}

/** Whether it is both sides of what is no square. */
export const isOblong = (value: unknown): boolean => Array.isArray(value) && new Set(value).size > 1;

/** The sides of patches or of images, in pixels. */
export function ofSide(config: Values, key: string, agrees: (side: number) => boolean, has: string): Claim[] {
  const side = sideOf(config[key]);
  return side === undefined ? [] : [{ key, says: config[key], agrees: agrees(side), has }];
}

/** The size of the images that a network has positions for. A rest that fills no patch is left out: 518 and 520 pixels are 37 patches of 14. */
export const ofImageSize = (config: Values, key: string, imageSize: number, patchSize: number): Claim[] => {
  const patches = imageSize / patchSize;
  return ofSide(
    config,
    key,
    (side) => Math.floor(side / patchSize) === patches,
    `positions for ${imageSize}: ${patches} x ${patches} patches of ${patchSize}`,
  );
};

/** Heads must divide the width: that is all that weights show of them. */
export const ofHeads = (config: Values, key: string, embedDim: number): Claim[] =>
  ofNumberBy(config, key, (heads) => embedDim % heads === 0, `a width of ${embedDim}, which is no multiple of it`);

/** @param widthOf the hidden width of the MLPs that a ratio stands for */
export const ofMlpRatio = (
  config: Values,
  widthOf: (ratio: number) => number,
  hidden: number,
  embedDim: number,
): Claim[] =>
  ofNumberBy(
    config,
    'mlp_ratio',
    (ratio) => widthOf(ratio) === hidden,
    `MLPs ${hidden} wide in a network ${embedDim} wide`,
  );

/** A configuration that says what weights do not show, and this program does not compute. @param what it says */
export const notComputed = (file: Pick<WeightsFile, 'path'>, config: Pick<ModelConfig, 'path'>, what: string): Error =>
  new Error(
    `${file.path} is of another architecture: ${config.path} says ${what}, which this program does not compute.`,
  );

/** So many are named in one sentence. */
const MOST_NAMED = 3;

/** @throws Error with one sentence that names both files, and what each of them says */
export function requireAgreement(file: WeightsFile, config: ModelConfig, claims: readonly Claim[]): void {
  const wrong = claims.filter(({ agrees }) => !agrees);
  if (wrong.length === 0) return;
  const named = wrong
    .slice(0, MOST_NAMED)
    .map(({ key, says, has }) => `${key} ${JSON.stringify(says)} (the weights have ${has})`);
  const more = wrong.length > MOST_NAMED ? ` and ${wrong.length - MOST_NAMED} more` : '';
  throw new Error(
    `${file.path} does not fit the configuration beside it: ${config.path} says ${named.join(', ')}${more}; put the configuration of these weights there, or move it away if it belongs to others.`,
  );
}
