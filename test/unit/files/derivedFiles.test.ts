import { mkdtempSync, readdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DerivedFiles, keyOf } from '../../../src/files/derivedFiles.js';

const newFolder = () => mkdtempSync(join(tmpdir(), 'dino-derived-'));

describe('Derived files', () => {
  it('take no more room than they may: what was used least lately goes', async () => {
    const files = new DerivedFiles(newFolder(), '.made', 300);
    for (const [i, key] of ['a', 'b'].entries()) {
      await files.keep(key, new Uint8Array(100).fill(i));
      utimesSync(join(files.folder, `${key}.made`), 1000 + i, 1000 + i);
    }
    expect(await files.find('a')).toEqual(Buffer.alloc(100, 0));
    await files.keep('c', new Uint8Array(100));
    expect(await files.find('b')).toBeUndefined();
    expect(await files.find('a')).toBeDefined();
    expect(await files.find('c')).toBeDefined();
  });

  it('are not all given up for one that is too large', async () => {
    const files = new DerivedFiles(newFolder(), '.made', 300);
    await files.keep('a', new Uint8Array(100));
    await files.keep('large', new Uint8Array(301));
    expect(readdirSync(files.folder)).toEqual(['a.made']);
  });

  it('are known by all that a key is made of', () => {
    expect(keyOf(['a', 1])).toBe(keyOf(['a', 1]));
    expect(keyOf(['a', 1])).not.toBe(keyOf(['a', '1']));
    expect(keyOf([['a'], 'b'])).not.toBe(keyOf(['a', ['b']]));
  });
});
