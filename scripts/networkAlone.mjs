// A network's file to be shipped: without its projection head, which nothing that is looked at needs and which is most of a small network,
// and with numbers of 16 bits.

const LENGTH_BYTES = 8;

/**
 * @param {Buffer} file In the safetensors format, its numbers float32.
 * @returns {Buffer} The same format, with the tensors of the backbone alone, as float16.
 */
export function networkAlone(file) {
  const headerEnd = LENGTH_BYTES + Number(file.readBigUInt64LE(0));
  /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */
  const header = JSON.parse(file.toString('utf8', LENGTH_BYTES, headerEnd));
  let place = 0;
  const kept = Object.entries(header)
    .filter(([name]) => name.startsWith('backbone.'))
    .map(([name, { dtype, shape, data_offsets }]) => {
      if (dtype !== 'F32') throw new Error(`${name} is ${dtype}, not F32.`);
      const [begin, end] = data_offsets;
      const bytes = asHalves(file.subarray(headerEnd + begin, headerEnd + end));
      place += bytes.length;
      return { name, entry: { dtype: 'F16', shape, data_offsets: [place - bytes.length, place] }, bytes };
    });
  const text = JSON.stringify(Object.fromEntries(kept.map(({ name, entry }) => [name, entry])));
  // Padded to 8 bytes, as the reference implementation does.
  const written = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(written.length));
  return Buffer.concat([length, written, ...kept.map(({ bytes }) => bytes)]);
}

function asHalves(/** @type {Buffer} */ floats) {
  const halves = Buffer.alloc(floats.length / 2);
  for (let i = 0; i < halves.length; i += 2) halves.writeUInt16LE(halfOf(floats.readFloatLE(2 * i)), i);
  return halves;
}

/** The float16 next to a number, as its 16 bits; of two that are as near, the even one. */
function halfOf(/** @type {number} */ value) {
  const size = Math.abs(value);
  // From 65,520 on, the next float16 would be beyond the largest.
  if (!(size < 65_520)) throw new Error(`${value} is no float16.`);
  // Numbers below 2^-14 lie as far apart as those above it.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  const below = Math.floor(steps);
  const isUp = steps - below > 0.5 || (steps - below === 0.5 && below % 2 === 1);
  // The 1,024 steps of the first bit are in the exponent; a step too many goes on into the next exponent.
  const bits = (exponent + 14) * 1024 + below + (isUp ? 1 : 0);
  return bits + (value < 0 ? 0x8000 : 0);
}
