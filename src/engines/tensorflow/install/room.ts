import { statfs } from 'node:fs/promises';

/**
 * Says before the work, rather than in its middle, that the disk is too small for it.
 * @param bytes that will be written to the disk that holds `folder`, which exists
 */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new Error(
    `Installing TensorFlow needs ${gigabytes(bytes)} for a while, and the disk of ${folder} has ${gigabytes(free)} free: free some space, or name a folder on another disk in DINO_STORAGE.`,
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
