/** What a file held when it was written, to tell later whether it still does. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const fileDigestSchema = z.object({ bytes: z.number(), sha256: z.string() });
export type FileDigest = Readonly<z.output<typeof fileDigestSchema>>;

/** Is given a file's bytes in their order, as they are read or written anyway: the file is not read for it once more. */
export class Digesting {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  readonly add = (bytes: Uint8Array): void => {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  };

  /** Of all bytes; to be asked for once. */
  end(): FileDigest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
