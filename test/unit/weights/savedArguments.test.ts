import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isTorchFile, readSavedArguments } from '../../../src/weights/savedArguments.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import {
  call,
  dict,
  float,
  global,
  integer,
  namespace,
  none,
  text,
  truth,
  tuple,
  writeLegacy,
  writeZip,
} from './torchFiles.js';

const file = (name: string) => join(temporaryFolder(), name);

describe('the arguments in a checkpoint', () => {
  const args = namespace({
    lr: float(0.0005),
    epochs: integer(3),
    use_fp16: truth(true),
    scale: tuple(float(0.25), float(1)),
    gpu: none,
    output_dir: call(global('pathlib', 'PosixPath'), text('/'), text('out'), text('first')),
    transform: call(global('torchvision.transforms', 'Compose')),
  });
  const expected = {
    lr: 0.0005,
    epochs: 3,
    use_fp16: true,
    scale: [0.25, 1],
    gpu: undefined,
    output_dir: '/out/first',
    transform: 'torchvision.transforms.Compose',
  };

  test('are plain values, in both formats of PyTorch', async () => {
    const [zip, legacy] = [file('zip.pth'), file('legacy.pth')];
    writeZip(zip, dict({ args }));
    writeLegacy(legacy, dict({ args }), {});
    for (const path of [zip, legacy]) {
      expect(isTorchFile(path)).toBe(true);
      expect(await readSavedArguments(path)).toEqual(expected);
    }
  });

  test('are read from a file that PyTorch saved', async () => {
    const path = join(import.meta.dirname, '../../reference/tiny-vit/checkpoint.pth');
    expect(await readSavedArguments(path)).toMatchObject({ arch: 'vit_tiny', patch_size: 8, epochs: 3, lr: 0.004 });
  });

  test('may be a dictionary', async () => {
    const path = file('dictionary.pth');
    writeZip(path, dict({ args: dict({ epochs: integer(3) }) }));
    expect(await readSavedArguments(path)).toEqual({ epochs: 3 });
  });

  test('are not read from a file that names what could run a program', async () => {
    const path = file('hostile.pth');
    writeZip(path, dict({ args: namespace({ epochs: call(global('os', 'system'), text('true')) }) }));
    await expect(readSavedArguments(path)).rejects.toThrow('os.system');
  });
});

test('a text is no file of PyTorch, and a file that is not there is named', () => {
  const path = file('args.txt');
  writeFileSync(path, 'PK');
  expect(isTorchFile(path)).toBe(false);
  expect(() => isTorchFile('/nowhere/a.pth')).toThrow('/nowhere/a.pth cannot be read: it does not exist.');
});
