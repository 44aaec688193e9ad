import { expect, it } from 'vitest';
import { swapOfContainer, usedByContainer } from '../../../src/engines/containerMemory.js';

const files = (contents: Readonly<Record<string, string>>) => (path: string) => contents[path];
const stat = (cache: string) => `anon 100\n${cache} 30\nactive_file 7\n`;

it.each([
  ['version 2', '0::/\n', '/sys/fs/cgroup/memory.current', '/sys/fs/cgroup/memory.stat', 'inactive_file'],
  [
    'version 2, a group below',
    '0::/user.slice/a\n',
    '/sys/fs/cgroup/user.slice/a/memory.current',
    '/sys/fs/cgroup/user.slice/a/memory.stat',
    'inactive_file',
  ],
  [
    'version 1, whose path is that of the host',
    '12:cpu,cpuacct:/docker/1\n9:memory:/docker/1\n',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes',
    '/sys/fs/cgroup/memory/memory.stat',
    'total_inactive_file',
  ],
])('does not count cached files as used: %s', (_, groups, usage, statFile, cache) => {
  const read = files({ '/proc/self/cgroup': groups, [usage]: '130\n', [statFile]: stat(cache) });
  expect(usedByContainer(read)).toBe(100);
});

it('is not known where no group says', () => {
  expect(usedByContainer(files({}))).toBeUndefined();
  expect(usedByContainer(files({ '/proc/self/cgroup': '0::/\n' }))).toBeUndefined();
});

it.each([
  ['0', '0', 0],
  ['1000', '400', 600],
  ['max', '400', undefined],
])('may take swap up to its limit: %s, of which %s are taken', (max, current, left) => {
  const folder = '/sys/fs/cgroup';
  const swap = { [`${folder}/memory.swap.max`]: `${max}\n`, [`${folder}/memory.swap.current`]: `${current}\n` };
  expect(swapOfContainer(files({ '/proc/self/cgroup': '0::/\n', ...swap }))).toBe(left);
});
