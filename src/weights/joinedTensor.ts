import { sizeOf } from '../program/program.js';
import { StoredTensor, widthOf } from './storedTensor.js';

/** A tensor that a file keeps in several: they follow each other along the first axis, as query, key and value do in one layer. */
export class JoinedTensor extends StoredTensor {
  readonly element: string;
  readonly shape: readonly number[];

  /** @throws Error when they do not fit together, as the end of a sentence about the file */
  constructor(private readonly parts: readonly [StoredTensor, ...StoredTensor[]]) {
    super();
    const [first] = parts;
    const [, ...rest] = first.shape;
    for (const { element, shape } of parts) {
      if (element !== first.element) throw new Error(`one holds ${first.element} values, another ${element}`);
      if (shape.length === 0 || shape.slice(1).join() !== rest.join())
        throw new Error(`one has the shape [${first.shape.join(', ')}], another [${shape.join(', ')}]`);
    }
    this.element = first.element;
    this.shape = [parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), ...rest];
  }

  async bytes(what: string): Promise<Uint8Array> {
    const bytes = new Uint8Array(sizeOf(this.shape) * widthOf(this, what));
    let place = 0;
    for (const part of this.parts) {
      const read = await part.bytes(what);
      bytes.set(read, place);
      place += read.length;
    }
    return bytes;
  }

  async check(what: string): Promise<void> {
    for (const part of this.parts) await part.check(what);
  }
}
