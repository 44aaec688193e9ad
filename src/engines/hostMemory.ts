import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';

/** In bytes. */
export interface HostMemory {
  readonly total: number;
  /** That programs may take now without pushing others out. */
  readonly free: number;
  /** Free swap. Known on Linux alone: other systems make room for a program out of what they do not count as free. */
  readonly swap?: number | undefined;
}

/** Of this machine, or of the container that this process runs in. */
export function hostMemory(): HostMemory {
  // 0 or more than there is: there is no limit.
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { total, free: Math.min(freemem(), total), swap: freeSwap() };
}

function freeSwap(): number | undefined {
  try {
    const kilobytes = /^SwapFree:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}
