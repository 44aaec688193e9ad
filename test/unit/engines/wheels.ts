/** Small wheels, and an index that serves them. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A zip of the files, each compressed. */
export function makeZip(files: Readonly<Record<string, Buffer | string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const raw = Buffer.from(content as string);
    const packed = deflateRawSync(raw);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(8, 4);
    header.writeUInt32LE(crc32(raw), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(raw.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), header, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

export interface ServedWheel {
  readonly name: string;
  readonly content: Buffer;
  /** What the index says of it, where that is wrong. */
  readonly sha256?: string;
}

/** The connection waits for ever after so many bytes of a file, or breaks when so many more have come. */
type Fault =
  | { readonly kind: 'hang'; readonly after: number }
  | { readonly kind: 'break'; readonly after: number; readonly came: () => number };

/** A package index of PEP 691 that goes on with a file where it is asked to. */
export interface FakeIndex {
  readonly address: string;
  /** The `Range` headers of the files asked for, in order. */
  readonly asked: (string | undefined)[];
  fault: Fault | undefined;
}

export async function serveWheels(wheels: readonly ServedWheel[]): Promise<FakeIndex> {
  const asked: (string | undefined)[] = [];
  const index: FakeIndex = { address: '', asked, fault: undefined };
  const server = createServer((request, response) => {
    const wheel = wheels.find(({ name }) => request.url === `/files/${name}`);
    if (wheel === undefined) {
      const files = wheels.map(({ name, content, sha256 }) => ({
        filename: name,
        url: `../../files/${name}`,
        hashes: { sha256: sha256 ?? createHash('sha256').update(content).digest('hex') },
        size: content.length,
      }));
      response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
      response.end(JSON.stringify({ files }));
      return;
    }
    const { range } = request.headers;
    asked.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': wheel.content.length - start });
    const { fault } = index;
    if (fault === undefined) {
      response.end(wheel.content.subarray(start));
      return;
    }
    const end = Math.min(start + fault.after, wheel.content.length);
    response.write(wheel.content.subarray(start, end));
    if (fault.kind === 'hang') return;
    // A break can overtake what was sent before it.
    const waiting = setInterval(() => {
      if (fault.came() >= end) response.destroy();
    }, 5);
    response.once('close', () => clearInterval(waiting));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(index, { address: `http://127.0.0.1:${port}/simple/` });
}
