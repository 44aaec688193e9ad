import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { swapOfContainer, usedByContainer } from './containerMemory.js';

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
  const isLimited = limit > 0 && limit < totalmem();
  const total = isLimited ? limit : totalmem();
  const used = isLimited ? usedByContainer(textOf) : undefined;
  const left = used === undefined ? total : Math.max(0, limit - used);
  return { total, free: Math.min(freemem(), left), swap: isLimited ? swapLeft() : freeSwap() };
}

/** Of a container. */
function swapLeft(): number | undefined {
  const [free, may] = [freeSwap(), swapOfContainer(textOf)];
  return free === undefined || may === undefined ? free : Math.min(free, may);
}

function freeSwap(): number | undefined {
  const kilobytes = /^SwapFree:\s+(\d+) kB$/m.exec(textOf('/proc/meminfo') ?? '')?.[1];
  return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
