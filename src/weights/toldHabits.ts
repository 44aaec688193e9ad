/**
 * What weights do not show of a Vision Transformer and its names do not tell, in the metadata of a safetensors file: a network that is
 * exported comes back as the same one.
 */
import { z } from 'zod';
import { ANTIALIASED_POSITIONS, DINO_POSITIONS } from '../method/backbones/vit/lineages.js';
import type { VitSpec } from '../method/backbones/vit/spec.js';
import { FileFault } from './openFile.js';

const KEY = 'dino_lab';
/** What whoever reads standard names takes for granted. */
const USUAL_EPS = 1e-6;

const schema = z.object({
  numHeads: z.int().min(1),
  normEps: z.number().positive(),
  positions: z.object({ antialias: z.boolean(), offset: z.number() }),
});
type ToldHabits = Readonly<z.output<typeof schema>>;

/** Entries of the metadata; none for a network that standard names tell. */
export function habitsAsMetadata({
  numHeads,
  normEps,
  positions,
  registers,
}: VitSpec): Readonly<Record<string, string>> {
  const usual = registers > 0 ? ANTIALIASED_POSITIONS : DINO_POSITIONS;
  const { antialias, offset } = positions;
  if (normEps === USUAL_EPS && antialias === usual.antialias && offset === usual.offset) return {};
  const told: ToldHabits = { numHeads, normEps, positions: { antialias, offset } };
  return { [KEY]: JSON.stringify(told) };
}

export const tellsHabits = (metadata: Readonly<Record<string, string>>): boolean => Object.hasOwn(metadata, KEY);

/** @throws FileFault when they cannot be read */
export function habitsIn(metadata: Readonly<Record<string, string>>): ToldHabits {
  let json: unknown;
  try {
    json = JSON.parse(metadata[KEY] ?? '');
  } catch {
    throw new FileFault(`has metadata ${KEY} that are not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [key] = parsed.error.issues[0]?.path ?? [];
  throw new FileFault(`has metadata ${KEY} that are wrong${key === undefined ? '' : ` at ${String(key)}`}`);
}
