// A network's file without its projection head, which nothing that is looked at needs and which is most of a small network.

const LENGTH_BYTES = 8;

/**
 * @param {Buffer} file In the safetensors format.
 * @returns {Buffer} The same format, with the tensors of the backbone alone.
 */
export function networkAlone(file) {
  const headerEnd = LENGTH_BYTES + Number(file.readBigUInt64LE(0));
  /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */
  const header = JSON.parse(file.toString('utf8', LENGTH_BYTES, headerEnd));
  let place = 0;
  const kept = Object.entries(header)
    .filter(([name]) => name.startsWith('backbone.'))
    .map(
      ([
        name,
        {
          data_offsets: [begin, end],
          ...entry
        },
      ]) => {
        const data_offsets = [place, place + end - begin];
        place += end - begin;
        return { name, entry: { ...entry, data_offsets }, bytes: file.subarray(headerEnd + begin, headerEnd + end) };
      },
    );
  const text = JSON.stringify(Object.fromEntries(kept.map(({ name, entry }) => [name, entry])));
  // Padded to 8 bytes, as the reference implementation does.
  const written = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(written.length));
  return Buffer.concat([length, written, ...kept.map(({ bytes }) => bytes)]);
}
