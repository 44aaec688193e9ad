/** What each library is told by, and what its dialect says of a network that its tensors do not show. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { headsOfArguments } from '../../../src/weights/dialects/dino.js';
import { huggingFaceResnetName } from '../../../src/weights/dialects/huggingFaceResnet.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import type { StoredTensor } from '../../../src/weights/storedTensor.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { torchFile } from './torchFile.js';
import { dict, namespace, tensor, text } from './torchFiles.js';

const REFERENCE = join(import.meta.dirname, '../../reference');
const TEACHER = Object.entries(readSafetensors(join(REFERENCE, 'tiny-vit/teacher_final.safetensors')));
/** Of a ViT 48 wide and 3 deep. */
const VIT: NamedHostTensors = below(TEACHER, 'backbone.');
const HEAD: NamedHostTensors = below(TEACHER, 'head.');

function below(tensors: readonly [string, HostTensor][], prefix: string): NamedHostTensors {
  return Object.fromEntries(
    tensors.flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
}

const named = (tensors: NamedHostTensors, name: (old: string) => string): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([old, tensor]) => [name(old), tensor]));
const behind = (prefix: string, tensors = VIT) => named(tensors, (name) => prefix + name);
const filled = (...shape: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(0.5),
});
const inBlocks = (names: readonly string[]): NamedHostTensors =>
  Object.fromEntries([0, 1, 2].flatMap((block) => names.map((name) => [`blocks.${block}.${name}`, filled(48)])));

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

describe('a configuration beside the weights', () => {
  const folder = (model: string, change: object) => {
    const dir = join(temporaryFolder(), 'model');
    mkdirSync(dir);
    copyFileSync(join(REFERENCE, `weights/${model}/model.safetensors`), join(dir, 'model.safetensors'));
    writeFileSync(join(dir, 'config.json'), JSON.stringify(change));
    return dir;
  };

  it('tells heads and epsilon, also by the name of an architecture', async () => {
    const vit = { model_type: 'vit', num_attention_heads: 3, layer_norm_eps: 1e-5 };
    const path = folder('hf-vit', vit);
    expect(await readNetwork(path)).toMatchObject({ numHeads: 3, shape: { normEps: 1e-5 } });
    const sizes = { embed_dim: 12, depth: 2, patch_size: 4 };
    const heads = async (architecture: string) =>
      (await readNetwork(folder('timm-dino', { architecture, model_args: sizes }))).numHeads;
    expect(await heads('vit_huge_patch14_224')).toBe(16);
    expect(await heads('vit_giant_patch14_224')).toBe(16);
    expect(await heads('vit_small_patch16_18x2_224')).toBe(6);
    expect(await heads('deit3_medium_patch16_224')).toBe(8);
    // Of 896, with 14 heads.
    expect(await heads('vit_base_patch32_plus_256')).toBeUndefined();
  });

  it.each([
    ['hf-vit', { model_type: 'beit' }, 'model_type "beit"'],
    ['hf-vit', { model_type: 'vit', hidden_act: 'quick_gelu' }, 'hidden_act "quick_gelu"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { act_layer: 'relu' } }, 'act_layer "relu"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { qk_norm: true } }, 'qk_norm true'],
    ['timm-dino', { architecture: 'resnet50' }, 'architecture "resnet50"'],
    ['timm-dino', { architecture: 'vit_base_patch16_rope_ape_224' }, 'architecture "vit_base_patch16_rope_ape_224"'],
    ['hf-vit', { model_type: 'clip', text_config: {}, vision_config: { hidden_size: 7 } }, 'model_type "clip"'],
  ])('is refused where it says what is not computed: %s %j', async (model, config, said) => {
    const dir = folder(model, config);
    await expect(readNetwork(dir)).rejects.toThrow(
      `is of another architecture: ${join(dir, 'config.json')} says ${said}, which this program does not compute.`,
    );
  });

  it.each([
    [{ method: 'byol', backbone: { name: 'vit_tiny' } }, 3],
    [{ method: 'mae', backbone: { name: 'vit_tiny' } }, 12],
    [{ method: 'mocov3', encoder: 'vit_tiny' }, 3],
    [{ method: 'mocov3', backbone: 'vit_tiny' }, undefined],
  ])("tells the heads of solo-learn's networks: %j", async (args, heads) => {
    const path = torchFile(behind('backbone.'), (state) => dict({ state_dict: state, ...lightning }));
    writeFileSync(join(path, '../args.json'), JSON.stringify(args));
    expect((await readNetwork(path)).numHeads).toBe(heads);
  });

  it('must be JSON', async () => {
    const dir = folder('hf-vit', {});
    writeFileSync(join(dir, 'config.json'), '{');
    await expect(readNetwork(dir)).rejects.toThrow(`${join(dir, 'config.json')} is not valid JSON.`);
  });
});

describe('a configuration that says something else than the weights', () => {
  const WEIGHTS = join(REFERENCE, 'weights');
  /** A model of the reference with its own configuration, changed. */
  const beside = (model: string, change: object, args: object = {}) => {
    const dir = join(temporaryFolder(), 'model');
    cpSync(join(WEIGHTS, model), dir, { recursive: true });
    const path = join(dir, 'config.json');
    const own = JSON.parse(readFileSync(path, 'utf8')) as { model_args?: object };
    const changed = { ...own, ...change, ...(own.model_args && { model_args: { ...own.model_args, ...args } }) };
    writeFileSync(path, JSON.stringify(changed));
    return dir;
  };

  it.each([
    ['hf-vit', { num_hidden_layers: 12 }, {}, 'num_hidden_layers 12 (the weights have 2)'],
    ['hf-vit', { hidden_size: 384 }, {}, 'hidden_size 384 (the weights have 12)'],
    ['hf-vit', { image_size: 224 }, {}, 'image_size 224 (the weights have positions for 16: 4 x 4 patches of 4)'],
    ['hf-vit', { patch_size: [8, 8] }, {}, 'patch_size [8,8] (the weights have 4)'],
    ['hf-vit', { num_channels: 1 }, {}, 'num_channels 1 (the weights have 3)'],
    ['hf-vit', { intermediate_size: 64 }, {}, 'intermediate_size 64 (the weights have 48)'],
    ['hf-vit', { num_attention_heads: 5 }, {}, 'num_attention_heads 5 (the weights have a width of 12, which is no'],
    ['hf-vit', { qkv_bias: false }, {}, 'qkv_bias false (the weights have biases of queries, keys and values)'],
    ['hf-vit', { model_type: 'dinov2' }, {}, 'model_type "dinov2" (the weights have no LayerScale)'],
    ['hf-dinov2', { model_type: 'vit' }, {}, 'model_type "vit" (the weights have LayerScale)'],
    ['hf-dinov2', { mlp_ratio: 2 }, {}, 'mlp_ratio 2 (the weights have MLPs 48 wide in a network 12 wide)'],
    ['hf-dinov2', { use_swiglu_ffn: true }, {}, 'use_swiglu_ffn true (the weights have no SwiGLU)'],
    ['hf-dinov2_swiglu', { mlp_ratio: 2 }, {}, 'mlp_ratio 2 (the weights have MLPs 32 wide'],
    ['hf-dinov2_registers', { model_type: 'dinov2' }, {}, 'model_type "dinov2" (the weights have 4 register tokens)'],
    ['hf-dinov2_registers', { num_register_tokens: 8 }, {}, 'num_register_tokens 8 (the weights have 4)'],
    ['timm-dino', {}, { embed_dim: 24 }, 'embed_dim 24 (the weights have 12)'],
    ['timm-dino', {}, { depth: undefined }, 'architecture "vit_small_patch16_224" (the weights have 2 blocks)'],
    ['timm-dino', { num_features: 384 }, {}, 'num_features 384 (the weights have 12)'],
    ['timm-dino', {}, { in_chans: 1, mlp_ratio: 3 }, 'in_chans 1 (the weights have 3), mlp_ratio 3 (the weights have'],
    ['timm-dino', {}, { init_values: 1e-5 }, 'init_values 0.00001 (the weights have no LayerScale)'],
    [
      'timm-dino',
      {},
      { no_embed_class: true },
      'no_embed_class true (the weights have no positions of the patches alone)',
    ],
    [
      'timm-dinov2',
      { architecture: 'vit_small_patch14_reg4_dinov2' },
      {},
      'architecture "vit_small_patch14_reg4_dinov2" (the weights have 0 registers)',
    ],
  ])('is refused by both: %s %j %j', async (model, change, args, said) => {
    const dir = beside(model, change, args);
    await expect(readNetwork(dir)).rejects.toThrow(
      new RegExp(
        `^\\S+ does not fit the configuration beside it: ${literal(join(dir, 'config.json'))} says ${literal(said)}.*; put the configuration of these weights there, or move it away if it belongs to others\\.$`,
      ),
    );
  });

  it('is named by three of its keys', async () => {
    const change = { num_hidden_layers: 12, hidden_size: 384, patch_size: 16, intermediate_size: 1536 };
    await expect(readNetwork(beside('hf-vit', change))).rejects.toThrow(
      /num_hidden_layers 12 .*, hidden_size 384 .*, patch_size 16 \(the weights have 4\) and 1 more; put/,
    );
  });

  it.each([
    ['pixels that fill no patch', 'hf-dinov2', { image_size: 19 }],
    ['both sides', 'hf-dinov2', { image_size: [16, 16], patch_size: [4, 4] }],
    ['keys that are not known', 'hf-vit', { num_layers: 7, n_embd: 5, intermediate_width: 1 }],
    ['null', 'hf-vit', { hidden_size: null, image_size: null }],
    [
      'the resolution of timm, which resizes positions when it loads them',
      'timm-dino',
      { pretrained_cfg: { input_size: [3, 518, 518] } },
    ],
  ])('is not one with %s', async (_, model, change) => {
    const { parameters } = await readNetwork(beside(model, change));
    expect(parameters).toEqual((await readNetwork(join(WEIGHTS, model))).parameters);
  });

  it('is not that of a model with this encoder inside: the part for the encoder counts', async () => {
    const whole = (part: object) => {
      const own = JSON.parse(readFileSync(join(WEIGHTS, 'hf-dinov2/config.json'), 'utf8')) as object;
      return { model_type: 'depth_anything', hidden_size: 99, backbone_config: { ...own, ...part } };
    };
    expect((await readNetwork(beside('hf-dinov2', whole({})))).numHeads).toBe(2);
    const dir = beside('hf-dinov2', whole({ num_hidden_layers: 9 }));
    await expect(readNetwork(dir)).rejects.toThrow(
      `${join(dir, 'config.json')} (backbone_config) says num_hidden_layers 9 (the weights have 2);`,
    );
  });

  it('of another library is left unread, and that is said', async () => {
    const path = torchFile(VIT);
    const config = join(path, '../config.json');
    writeFileSync(config, JSON.stringify({ model_type: 'vit', num_attention_heads: 12, hidden_size: 768 }));
    const { library, numHeads, notes } = await readNetwork(path);
    expect([library, numHeads, notes]).toEqual([
      'DINO',
      undefined,
      [`${config} is left unread: the tensors beside it have the names of DINO.`],
    ]);
  });

  it('of a ResNet is refused, too', async () => {
    const dir = temporaryFolder();
    const resnet = below(
      Object.entries(readSafetensors(join(REFERENCE, 'resnet/basic_initial.safetensors'))),
      'backbone.',
    );
    const own = named(resnet, huggingFaceResnetName);
    await writeSafetensors(join(dir, 'model.safetensors'), own);
    const says = (config: object) => {
      writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
      return readNetwork(dir);
    };
    const { shape } = await says({ model_type: 'resnet', layer_type: 'basic', num_channels: 3 });
    const { layers, width } = shape as { layers: readonly number[]; width: number };
    await says({ model_type: 'resnet', depths: layers, embedding_size: width });
    await expect(says({ model_type: 'resnet', depths: [3, 4, 6, 3], layer_type: 'bottleneck' })).rejects.toThrow(
      `says depths [3,4,6,3] (the weights have ${layers.join(', ')}), layer_type "bottleneck" (the weights have basic blocks);`,
    );
    await expect(says({ model_type: 'vit' })).rejects.toThrow(
      'says model_type "vit", which this program does not compute.',
    );
    await writeSafetensors(join(dir, 'model.safetensors'), resnet);
    await expect(says({ architecture: 'resnet50' })).rejects.toThrow(
      `says architecture "resnet50" (the weights have ${layers.join(', ')} basic blocks);`,
    );
    await expect(says({ architecture: 'resnet18', model_args: { layers, in_chans: 4 } })).rejects.toThrow(
      'says in_chans 4 (the weights have 3);',
    );
  });
});

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('what is wrong with a network', () => {
  const HF = join(REFERENCE, 'weights/hf-vit');
  const HF_DINOV2 = join(REFERENCE, 'weights/hf-dinov2');
  const without = async (from: string, change: (tensors: Record<string, HostTensor>) => void) => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const tensors = { ...readSafetensors(join(from, 'model.safetensors')) };
    change(tensors);
    await writeSafetensors(path, tensors);
    return readNetwork(path);
  };

  it.each([
    [HF, 'layernorm.weight'],
    [HF, 'encoder.layer.1.layernorm_before.weight'],
    [HF, 'encoder.layer.1.output.dense.bias'],
    [HF_DINOV2, 'encoder.layer.1.norm1.weight'],
    [HF_DINOV2, 'encoder.layer.0.layer_scale2.lambda1'],
  ])('is said by the name that the file would have: %s %s', async (from, name) => {
    await expect(
      without(from, (tensors) => {
        delete tensors[name];
      }),
    ).rejects.toThrow(`is of another architecture: ${name} is missing, where the shape [12] is needed.`);
  });

  it('is said by the name that the file has', async () => {
    const integers: HostTensor = { shape: [12], dtype: 'int32', data: new Int32Array(12) };
    await expect(
      without(HF, (tensors) => {
        tensors['layernorm.weight'] = integers;
      }),
    ).rejects.toThrow(
      'x.safetensors is of another architecture: layernorm.weight holds int32 values, but float32 is needed.',
    );
    await expect(
      without(HF, (tensors) => {
        tensors['encoder.layer.1.layernorm_after.weight'] = {
          ...filled(12),
          data: new Float32Array(12).fill(Number.NaN),
        };
      }),
    ).rejects.toThrow(
      'x.safetensors is of no use: encoder.layer.1.layernorm_after.weight holds values that are infinite',
    );
    const path = torchFile({ ...behind('module.'), 'module.norm.weight': filled(7) });
    await expect(readNetwork(path)).rejects.toThrow('module.norm.weight has the shape [7], but [48] is needed.');
  });

  it('is a type of numbers by its own name', async () => {
    const path = torchFile(VIT, (_, entries) =>
      dict({
        ...entries,
        'norm.weight': tensor({ key: '0', length: 48, shape: [48], strides: [1], type: 'CharStorage' }),
      }),
    );
    await expect(readNetwork(path)).rejects.toThrow('norm.weight holds int8 values, but float32 is needed.');
  });

  it('is a block that is left out', async () => {
    const path = torchFile(named(VIT, (name) => name.replace(/^blocks\.0\./, 'blocks.3.')));
    await expect(readNetwork(path)).rejects.toThrow(
      `${path} is of another architecture: it has the block 3, but not the block 0; blocks are counted from 0.`,
    );
  });

  it('is said of two tensors that stand for one', async () => {
    const path = torchFile({ ...VIT, ...inBlocks(['gamma_1', 'gamma_2', 'ls1.gamma']) });
    await expect(readNetwork(path, { library: 'DINO' })).rejects.toThrow(
      /blocks\.0\.\S+ and blocks\.0\.\S+ are the same tensor of one network\./,
    );
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
