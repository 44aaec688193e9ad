import { describe, expect, it } from 'vitest';
import { browserCommand, findCode } from '../../../scripts/desktop.mjs';

const having =
  (...files: string[]) =>
  (file: string) =>
    files.includes(file);

describe("the desktop's VS Code", () => {
  it('is on PATH', () => {
    const searchPath = '/usr/bin:/opt/code & co/bin';
    expect(findCode({ platform: 'linux', searchPath, exists: having('/opt/code & co/bin/code') })).toBe(
      '/opt/code & co/bin/code',
    );
  });

  it('is on Windows the program that the batch file on PATH would start', () => {
    const searchPath = 'C:\\Windows;C:\\Program Files\\Microsoft VS Code\\bin';
    const program = 'C:\\Program Files\\Microsoft VS Code\\Code.exe';
    const launcher = 'C:\\Program Files\\Microsoft VS Code\\bin\\code.cmd';
    expect(findCode({ platform: 'win32', searchPath, exists: having(launcher, program) })).toBe(program);
    expect(findCode({ platform: 'win32', searchPath, exists: having(launcher) })).toBeUndefined();
  });

  it('may not be there', () => {
    expect(findCode({ platform: 'darwin', searchPath: '', exists: () => true })).toBeUndefined();
  });
});

it.each(['linux', 'darwin', 'win32'])(
  'an address is one argument of a program, and no shell reads it (%s)',
  (platform) => {
    const address = 'http://127.0.0.1:8080/?folder=/a b&x=$(y)';
    const [program, ...args] = browserCommand(platform, address);
    expect(args.filter((argument) => argument.includes('http'))).toEqual([address]);
    expect(program).not.toMatch(/cmd|sh$/);
  },
);
