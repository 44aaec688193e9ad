/** What the tensors of a Vision Transformer do not show, in the metadata of an exported safetensors file: so it comes back as the same network. */
import { z } from 'zod';
import type { VitSpec } from '../method/backbones/vit/spec.js';
import { FileFault } from './openFile.js';

const KEY = 'dino_lab';

const schema = z.object({
  numHeads: z.int().min(1),
  normEps: z.number().positive(),
  positions: z.object({ antialias: z.boolean(), offset: z.number() }),
});
type VitMetadata = Readonly<z.output<typeof schema>>;

/** Entries of a file's metadata. */
export function vitMetadata({ numHeads, normEps, positions }: VitSpec): Readonly<Record<string, string>> {
  const { antialias, offset } = positions;
  const entry: VitMetadata = { numHeads, normEps, positions: { antialias, offset } };
  return { [KEY]: JSON.stringify(entry) };
}

export const hasVitMetadata = (metadata: Readonly<Record<string, string>>): boolean => Object.hasOwn(metadata, KEY);

/** @throws FileFault when the entry cannot be read */
export function readVitMetadata(metadata: Readonly<Record<string, string>>): VitMetadata {
  let json: unknown;
  try {
    json = JSON.parse(metadata[KEY] ?? '');
  } catch {
    throw new FileFault(`has the metadata entry ${KEY}, which is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [key] = parsed.error.issues[0]?.path ?? [];
  throw new FileFault(`has the metadata entry ${KEY}, which is wrong${key === undefined ? '' : ` at ${String(key)}`}`);
}
