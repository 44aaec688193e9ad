/** What each library is told by, and what its dialect says of a network that its tensors do not show. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headsOfArguments } from '../../../src/weights/dialects/dino.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import type { StoredTensor } from '../../../src/weights/storedTensor.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { behind, below, filled, HEAD, inBlocks, named, REFERENCE, VIT } from './smallVit.js';
import { torchFile } from './torchFile.js';
import { dict, namespace, text } from './torchFiles.js';

const DINO = { antialias: false, offset: 0.1 };
const TIMM = { antialias: true, offset: 0 };
const UNSHIFTED = { antialias: false, offset: 0 };
const lightning = { 'pytorch-lightning_version': text('2.0') };

describe('the library of a file', () => {
  it.each<[string, () => string, string, object]>([
    ['DINO: a backbone alone', () => torchFile(VIT), 'DINO', DINO],
    [
      'DINOv2: blocks in chunks',
      () =>
        torchFile(
          named(VIT, (name) => name.replace(/^blocks\.(\d)/, (_, n) => `blocks.${Math.min(Number(n), 1)}.${n}`)),
        ),
      'DINOv2',
      DINO,
    ],
    [
      'DINOv2: registers',
      () => torchFile({ ...VIT, register_tokens: filled(1, 4, 48), mask_token: filled(1, 48) }),
      'DINOv2',
      TIMM,
    ],
    [
      'timm: LayerScale without a mask token',
      () => torchFile({ ...VIT, ...inBlocks(['ls1.gamma', 'ls2.gamma']) }),
      'timm',
      TIMM,
    ],
    ['timm: positions of patches alone', () => torchFile({ ...VIT, pos_embed: filled(1, 16, 48) }), 'timm', TIMM],
    [
      'MoCo v3',
      () =>
        torchFile(
          {
            ...behind('module.base_encoder.'),
            ...behind('module.momentum_encoder.'),
            'module.predictor.0.weight': filled(2),
          },
          (state) => dict({ arch: text('vit_small'), state_dict: state }),
        ),
      'MoCo v3',
      TIMM,
    ],
    [
      'iBOT: LayerScale by other names, a mask token, and a head of two parts',
      () =>
        torchFile({
          ...behind('backbone.', { ...VIT, ...inBlocks(['gamma_1', 'gamma_2']), masked_embed: filled(1, 48) }),
          ...behind('head.', {
            ...HEAD,
            'last_layer2.weight_g': filled(96, 1),
            'last_layer2.weight_v': filled(96, 32),
          }),
        }),
      'iBOT',
      DINO,
    ],
    [
      'DeiT',
      () =>
        torchFile({ ...VIT, 'head.weight': filled(3, 48), 'head.bias': filled(3) }, (state) => dict({ model: state })),
      'DeiT',
      UNSHIFTED,
    ],
    [
      "DeiT by its script's arguments",
      () =>
        torchFile(VIT, (state) => dict({ model: state, args: namespace({ model: text('deit_tiny_patch16_224') }) })),
      'DeiT',
      UNSHIFTED,
    ],
    [
      'solo-learn',
      () =>
        torchFile(
          { ...behind('backbone.'), ...behind('momentum_backbone.'), 'projector.0.weight': filled(2) },
          (state) => dict({ state_dict: state, ...lightning }),
        ),
      'solo-learn',
      TIMM,
    ],
    [
      'solo-learn 1.0, whose momentum encoder has the name of that of MoCo v3',
      () =>
        torchFile({ ...behind('encoder.'), ...behind('momentum_encoder.') }, (state) =>
          dict({ state_dict: state, ...lightning }),
        ),
      'solo-learn',
      TIMM,
    ],
    [
      'lightly',
      () =>
        torchFile(
          {
            ...behind('backbone.vit.'),
            ...behind('student_backbone.vit.'),
            ...behind(
              'projection_head.',
              named(HEAD, (name) => name.replace('mlp', 'layers')),
            ),
          },
          (state) => dict({ state_dict: state, ...lightning }),
        ),
      'lightly',
      TIMM,
    ],
    [
      'lightly-train',
      () =>
        torchFile(
          {
            ...behind('teacher_embedding_model.wrapped_model._model.'),
            ...behind('student_embedding_model.wrapped_model._model.'),
          },
          (state) => dict({ state_dict: state, ...lightning }),
        ),
      'lightly-train',
      TIMM,
    ],
  ])('%s', async (_, make, library, positions) => {
    const read = await readNetwork(make());
    expect(read.library).toBe(library);
    expect(read.shape).toMatchObject({ normEps: 1e-6, positions });
    expect(read.parameters['backbone.norm.weight']).toEqual(VIT['norm.weight']);
  });

  it('is whom a person names', async () => {
    const path = torchFile(VIT);
    expect((await readNetwork(path, { library: 'Timm' })).shape).toMatchObject({ positions: TIMM });
    await expect(readNetwork(path, { library: 'keras' })).rejects.toThrow(
      'There is no library keras: weights are read as',
    );
  });

  it("takes DINO's head from beside a backbone of lightly's", async () => {
    const path = torchFile({
      ...behind('teacher_backbone.vit.'),
      ...behind(
        'teacher_projection_head.',
        named(HEAD, (name) => name.replace('mlp', 'layers')),
      ),
    });
    expect((await readNetwork(path)).head).toMatchObject({ hiddenDim: 64, bottleneckDim: 32, outDim: 96 });
  });

  it('of MoCo v3 has other heads', async () => {
    const small = behind('base_encoder.', { ...VIT, cls_token: filled(1, 1, 384) });
    // Its other tensors are not 384 wide: what does not fit is listed.
    await expect(readNetwork(torchFile(small))).rejects.toThrow(
      'cls_token has the shape [1, 1, 384], but [1, 1, 48] is needed',
    );
  });
});

describe("lightly's sequence of a ResNet's children", () => {
  it("is read as torchvision's", async () => {
    const whole = Object.entries(readSafetensors(join(REFERENCE, 'resnet/basic_initial.safetensors')));
    const resnet = below(whole, 'backbone.');
    const place = ['conv1', 'bn1', '', '', 'layer1', 'layer2', 'layer3', 'layer4'];
    const path = join(temporaryFolder(), 'x.safetensors');
    await writeSafetensors(
      path,
      behind(
        'backbone.',
        named(resnet, (name) => name.replace(/^\w+/, (child) => `${place.indexOf(child)}`)),
      ),
    );
    const read = await readNetwork(path);
    expect([read.library, read.shape]).toMatchObject(['lightly', { kind: 'resnet', block: 'basic' }]);
    expect(read.parameters['backbone.layer1.0.conv1.weight']?.data).toEqual(resnet['layer1.0.conv1.weight']?.data);
  });
});

it('images may have any number of channels', async () => {
  const six = { ...VIT, 'patch_embed.proj.weight': filled(48, 6, 8, 8) };
  const { shape, parameters } = await readNetwork(torchFile(six));
  expect(shape).toMatchObject({ inChans: 6, patchSize: 8 });
  expect(parameters['backbone.patch_embed.proj.weight']?.shape).toEqual([48, 6, 8, 8]);
});

describe('models in several files', () => {
  const LIST = 'model.safetensors.index.json';
  const part = (number: number) => `model-0000${number}-of-00002.safetensors`;
  async function model(change: (map: Record<string, string>) => void = () => {}, without?: string): Promise<string> {
    const dir = temporaryFolder();
    const map = Object.fromEntries(Object.keys(VIT).map((name, i) => [name, part(1 + (i % 2))]));
    for (const number of [1, 2]) {
      const own = Object.entries(VIT).filter(([name]) => map[name] === part(number));
      if (part(number) !== without) await writeSafetensors(join(dir, part(number)), Object.fromEntries(own));
    }
    change(map);
    writeFileSync(join(dir, LIST), JSON.stringify({ metadata: {}, weight_map: map }));
    return dir;
  }

  it('are opened by their folder, their list, or any part', async () => {
    const dir = await model();
    for (const path of [dir, join(dir, LIST), join(dir, part(2))])
      expect((await readNetwork(path)).parameters['backbone.norm.bias']).toEqual(VIT['norm.bias']);
  });

  it('must be all there, and lie beside their list', async () => {
    const lacking = await model(undefined, part(2));
    await expect(readNetwork(lacking)).rejects.toThrow(
      `${join(lacking, LIST)} lists ${part(2)}, which is not beside it: copy it there.`,
    );
    const wrong = await model((map) => Object.assign(map, { other: part(1) }));
    await expect(readNetwork(wrong)).rejects.toThrow(`its part ${part(1)} lacks other.`);
    const away = await model((map) => Object.assign(map, { other: '../secret.safetensors' }));
    await expect(readNetwork(away)).rejects.toThrow('lists ../secret.safetensors, which is not a file beside it.');
  });

  it('are not read without their list', async () => {
    const dir = temporaryFolder();
    await writeSafetensors(join(dir, part(1)), VIT);
    await expect(readNetwork(join(dir, part(1)))).rejects.toThrow(
      `${join(dir, part(1))} is one of 2 parts of a model: copy ${LIST}, which lists them and lies beside them where the model comes from, and all parts into one folder.`,
    );
    await writeSafetensors(join(dir, part(2)), VIT);
    await expect(readNetwork(dir)).rejects.toThrow('is one of 2 parts of a model: copy');
    await expect(readNetwork(temporaryFolder())).rejects.toThrow('holds no weights: it has none of model.safetensors,');
  });
});

it("DINO's linear classifier alone is named", async () => {
  const path = torchFile({ 'module.linear.weight': filled(3, 48), 'module.linear.bias': filled(3) }, (state) =>
    dict({ state_dict: state }),
  );
  await expect(readNetwork(path)).rejects.toThrow('holds a linear classifier alone (state_dict.module.linear.weight)');
});

it('positions of registers are named: they would have to be added to them', async () => {
  const cls = VIT['pos_embed']?.shape[1] ?? 0;
  const path = torchFile({ ...VIT, reg_token: filled(1, 4, 48), pos_embed: filled(1, cls + 4, 48) });
  await expect(readNetwork(path)).rejects.toThrow(
    'is of another architecture: the positions in pos_embed are also those of its 4 register tokens, which this program does not compute.',
  );
});

it.each([
  ['vit_small', 384, 6],
  ['deit_tiny', 192, 3],
  // Made narrower than its name says: its heads are asked for.
  ['vit_small', 48, undefined],
  ['resnet50', 384, undefined],
])('the arguments that DINO saves tell the heads of %s with a width of %d: %s', (arch, dim, heads) => {
  const root = new Map([['args', new Map([['arch', arch]])]]);
  const stored = { shape: [dim, 3, 16, 16] } as unknown as StoredTensor;
  expect(headsOfArguments(root, { 'patch_embed.proj.weight': stored })).toBe(heads);
});
