/** What a container has taken of the memory that it may take (Linux control groups, versions 2 and 1). */

/** Reads a small file; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

interface Version {
  /** In a line of `/proc/self/cgroup`, behind its number: what comes before the group's path. */
  readonly controllers: RegExp;
  readonly root: string;
  readonly usage: string;
  /** In `memory.stat`: cached files that are given up when memory is wanted. */
  readonly cache: string;
}

const VERSIONS: readonly Version[] = [
  { controllers: /^0::(.*)$/m, root: '/sys/fs/cgroup', usage: 'memory.current', cache: 'inactive_file' },
  {
    controllers: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    root: '/sys/fs/cgroup/memory',
    usage: 'memory.usage_in_bytes',
    cache: 'total_inactive_file',
  },
];

/** In bytes, without what is given up on demand; undefined where nothing says. */
export function usedByContainer(read: ReadText): number | undefined {
  for (const { usage, cache, folder } of groupsOf(read)) {
    const used = numberIn(read, `${folder}/${usage}`);
    const cached = new RegExp(`^${cache} (\\d+)$`, 'm').exec(read(`${folder}/memory.stat`) ?? '')?.[1];
    if (used !== undefined && cached !== undefined) return Math.max(0, used - Number(cached));
  }
  return undefined;
}

/** Swap that it may still take, in bytes; undefined where it may take all there is, or nothing says. */
export function swapOfContainer(read: ReadText): number | undefined {
  for (const { folder } of groupsOf(read)) {
    const [most, used] = ['max', 'current'].map((name) => numberIn(read, `${folder}/memory.swap.${name}`));
    if (most !== undefined && used !== undefined) return Math.max(0, most - used);
  }
  return undefined;
}

/** Within a container its own group mostly is the root that it sees. */
function groupsOf(read: ReadText): (Version & { readonly folder: string })[] {
  const groups = read('/proc/self/cgroup') ?? '';
  return VERSIONS.flatMap((version) => {
    const group = version.controllers.exec(groups)?.[1];
    if (group === undefined) return [];
    return [version.root + group.replace(/\/$/, ''), version.root].map((folder) => ({ ...version, folder }));
  });
}

/** Undefined for what is no number, such as `max`. */
function numberIn(read: ReadText, path: string): number | undefined {
  const text = read(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
