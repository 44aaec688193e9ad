import { freemem, totalmem } from 'node:os';

/** In bytes. */
export interface HostMemory {
  readonly total: number;
  /** That programs may take now without pushing others out. */
  readonly free: number;
}

/** Of this machine, or of the container that this process runs in. */
export function hostMemory(): HostMemory {
  // 0 or more than there is: there is no limit.
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { total, free: Math.min(freemem(), total) };
}
