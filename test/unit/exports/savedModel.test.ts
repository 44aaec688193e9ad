import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NETWORKS } from '../../../scripts/exports/networks.mjs';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { loadTensorFlow } from '../../../src/engines/tensorflow/load.js';
import { LocalRuntime } from '../../../src/engines/tensorflow/runtime.js';
import { exportNetwork } from '../../../src/exports/exportNetwork.js';
import { savedModel } from '../../../src/exports/formats/savedModel.js';
import { tensorflowIsMissing, whySkipped } from '../engines/tensorflowHere.js';
import { difference, image, network, noise, optionsOf, ours } from './networks.js';

describe.skipIf(tensorflowIsMissing)(`A SavedModel in TensorFlow, through tfjs-node${whySkipped}`, () => {
  let folder: string;
  let runtime: LocalRuntime;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dino-savedmodel-'));
    runtime = new LocalRuntime(loadTensorFlow(findInstallation()?.binding ?? ''));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(NETWORKS))(
    'gives what this program gives, for images of any number and size: %s',
    async (name) => {
      const { path, ...more } = NETWORKS[name] as { path: string };
      const loaded = await network(name);
      const request = {
        checkpoint: path,
        out: join(folder, name.replaceAll(' ', '-')),
        ...optionsOf({ path, ...more }),
      };
      const { out } = await exportNetwork(savedModel, request);
      const session = await runtime.load(out);
      const isVit = loaded.backbone.kind === 'vit';
      const withRest = noise(3, 3, 18, 29);
      for (const images of [image('native'), image('wide'), noise(1, 3, 8, 32), ...(isVit ? [] : [withRest])]) {
        const wanted = Object.entries(await ours(loaded, images));
        const given = await runtime.run(
          session,
          [['images:0', images]],
          wanted.map(([output]) => `${output}:0`),
        );
        wanted.forEach(([output, tensor], i) => {
          const got = given[i];
          expect(got && difference(tensor, got), output).toBeLessThan(1e-5);
        });
      }
      if (isVit)
        await expect(runtime.run(session, [['images:0', withRest]], ['features:0'])).rejects.toThrow(/reshape/);
      await runtime.unload(session);
    },
  );
});
