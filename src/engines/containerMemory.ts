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
  const groups = read('/proc/self/cgroup') ?? '';
  for (const { controllers, root, usage, cache } of VERSIONS) {
    const group = controllers.exec(groups)?.[1];
    if (group === undefined) continue;
    // Within a container its own group mostly is the root that it sees.
    for (const folder of [root + group.replace(/\/$/, ''), root]) {
      const used = Number(read(`${folder}/${usage}`) ?? Number.NaN);
      const cached = new RegExp(`^${cache} (\\d+)$`, 'm').exec(read(`${folder}/memory.stat`) ?? '')?.[1];
      if (Number.isFinite(used) && cached !== undefined) return Math.max(0, used - Number(cached));
    }
  }
  return undefined;
}
