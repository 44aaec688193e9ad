/** What a configuration beside weights tells of them, and where it says something else than they do. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { huggingFaceResnetName } from '../../../src/weights/dialects/huggingFaceResnet.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { behind, below, named, REFERENCE, VIT } from './smallVit.js';
import { torchFile } from './torchFile.js';
import { dict, text } from './torchFiles.js';

const lightning = { 'pytorch-lightning_version': text('2.0') };

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
    // As DINOv2's, of 1,536; the older giant of 1,408 has 16.
    const giant = { architecture: 'vit_giant_patch4_reg4_tipsv2', model_args: { embed_dim: 12, depth: 2 } };
    expect((await readNetwork(folder('timm-dinov2_giant_reg4', giant))).numHeads).toBe(24);
    expect(await heads('deit3_medium_patch16_224')).toBe(8);
    // Of 896, with 14 heads.
    expect(await heads('vit_base_patch32_plus_256')).toBeUndefined();
  });

  it('is refused where positions of a Hugging Face model are those of the patches alone', async () => {
    const dir = folder('hf-vit', { model_type: 'vit' });
    const path = join(dir, 'model.safetensors');
    const tensors = readSafetensors(path);
    const name = 'embeddings.position_embeddings';
    const whole = tensors[name];
    if (whole === undefined) throw new Error(`There is no ${name}.`);
    const [, rows = 0, dim = 0] = whole.shape;
    const cut = { ...whole, shape: [1, rows - 1, dim], data: whole.data.slice(dim) };
    await writeSafetensors(path, { ...tensors, [name]: cut });
    await expect(readNetwork(dir)).rejects.toThrow(
      `its ${name} has positions of the patches alone, and the networks of Hugging Face have one of the CLS token, too.`,
    );
  });

  it.each([
    ['hf-vit', { model_type: 'beit' }, 'model_type "beit"'],
    ['hf-vit', { model_type: 'vit', hidden_act: 'quick_gelu' }, 'hidden_act "quick_gelu"'],
    ['hf-vit', { model_type: 'vit', layer_norm_eps: 0 }, 'layer_norm_eps 0'],
    ['timm-dino', { architecture: 'vit_x', model_args: { act_layer: 'relu' } }, 'act_layer "relu"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { qk_norm: true } }, 'qk_norm true'],
    ['timm-dino', { architecture: 'vit_x', model_args: { class_token: false } }, 'class_token false'],
    ['timm-dino', { architecture: 'vit_x', model_args: { global_pool: 'avg' } }, 'global_pool "avg"'],
    ['timm-dino', { architecture: 'vit_x', global_pool: 'avg' }, 'global_pool "avg"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { pos_embed: 'none' } }, 'pos_embed "none"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { final_norm: false } }, 'final_norm false'],
    ['timm-dino', { architecture: 'vit_x', model_args: { fc_norm: true } }, 'fc_norm true'],
    [
      'timm-dino',
      { architecture: 'vit_x', model_args: { embed_norm_layer: 'layernorm' } },
      'embed_norm_layer "layernorm"',
    ],
    ['timm-dino', { architecture: 'vit_x', model_args: { attn_layer: 'diff' } }, 'attn_layer "diff"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { block_fn: 'parallel' } }, 'block_fn "parallel"'],
    ['timm-dino', { architecture: 'vit_x', model_args: { img_size: [8, 32] } }, 'sides [8,32] that differ'],
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
  const NO_REGISTERS = { model_type: 'dinov2_with_registers', num_register_tokens: 0 };
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
    [
      'hf-dinov2',
      { model_type: 'dinov2_with_registers' },
      {},
      'model_type "dinov2_with_registers" (the weights have 0 register tokens)',
    ],
    ['hf-dinov2_registers', { num_register_tokens: 8 }, {}, 'num_register_tokens 8 (the weights have 4)'],
    ['timm-dino', {}, { embed_dim: 24 }, 'embed_dim 24 (the weights have 12)'],
    ['timm-dino', {}, { img_size: 224 }, 'img_size 224 (the weights have positions for 16: 4 x 4 patches of 4)'],
    ['timm-dino', {}, { proj_bias: false }, 'proj_bias false (the weights have biases of projections)'],
    [
      'timm-dinov2',
      { architecture: 'vit_giant_patch14_dinov2' },
      {},
      'architecture "vit_giant_patch14_dinov2" (the weights have no SwiGLU)',
    ],
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
    ['no registers among those that may have some', 'hf-dinov2', NO_REGISTERS],
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
