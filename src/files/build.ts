/** Which build of the program runs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Tells builds apart: what one has computed another may compute otherwise. Undefined where the code is not one file, as in unit tests.
 */
export function buildIdentity(): string | undefined {
  const file = fileURLToPath(import.meta.url);
  return file.endsWith('.cjs') ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}
