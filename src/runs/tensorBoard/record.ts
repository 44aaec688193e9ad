import { buf } from 'crc-32/crc32c.js';

const LENGTH_BYTES = 8;
const CHECK_BYTES = 4;

/** A record of TensorFlow's TFRecord format: length, its checksum, the data, their checksum; all numbers little-endian. */
export function recordOf(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(LENGTH_BYTES + CHECK_BYTES + data.length + CHECK_BYTES);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedChecksum(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(data, LENGTH_BYTES + CHECK_BYTES);
  record.writeUInt32LE(maskedChecksum(data), LENGTH_BYTES + CHECK_BYTES + data.length);
  return record;
}

/** CRC-32C, turned and shifted: data that hold checksums themselves would otherwise have weak ones. */
function maskedChecksum(data: Uint8Array): number {
  const checksum = buf(data) >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
