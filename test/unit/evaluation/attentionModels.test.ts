import { copyFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attentionInput } from '../../../src/data/evaluationTransform.js';
import { shownImage } from '../../../src/data/shownImage.js';
import { eagerEngine } from '../../../src/engines/eager.js';
import {
  AttentionModels,
  type AttentionQuestion,
  type PatchesQuestion,
} from '../../../src/evaluation/attentionModels.js';
import { backboneWeights } from '../../../src/evaluation/backboneWeights.js';
import { patchColors } from '../../../src/evaluation/patchColors.js';
import { activationsProgram } from '../../../src/method/backbones/resnet/programs.js';
import { featureDim } from '../../../src/method/backbones/resnet/spec.js';
import { queriesAndKeysProgram, tokensProgram } from '../../../src/method/backbones/vit/programs.js';
import { identityOfNetwork, loadNetwork } from '../../../src/runs/network.js';
import { vitOf } from '../method/vitOf.js';
import { attentive } from './attentive.js';

const reference = 'test/reference/tiny-vit';
const [STUDENT, TEACHER] = [`${reference}/student_final.safetensors`, `${reference}/teacher_final.safetensors`];

let folder: string;
let image: string;
let models: AttentionModels;
const pixels = Uint8Array.from({ length: 40 * 24 * 3 }, (_, i) => 128 + 100 * Math.sin(i));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dino-attention-'));
  image = join(folder, 'image.png');
  await sharp(pixels, { raw: { width: 40, height: 24, channels: 3 } })
    .png()
    .toFile(image);
  models = new AttentionModels();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await models.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (changes: Partial<AttentionQuestion> = {}, stop?: AbortSignal) =>
  attentive(
    models.attention(
      { checkpoint: TEACHER, numHeads: 3, engine: 'eager', image: { kind: 'file', path: image }, ...changes },
      stop,
    ),
  );

/** The same without anything that is kept. */
async function directly(checkpoint: string, side: number, block: number, region?: AttentionQuestion['region']) {
  const network = await loadNetwork(checkpoint, { numHeads: 3 });
  const vit = vitOf(network.backbone);
  const decoded = { width: 40, height: 24, channels: 3, data: pixels };
  const { input, width, height, pixels: resized } = attentionInput(decoded, side, vit.patchSize, region);
  const program = queriesAndKeysProgram(vit, { batch: 1, height, width });
  const session = await eagerEngine.compile(program, backboneWeights(network));
  const outputs = await session.call({ images: { shape: [1, 3, height, width], dtype: 'float32', data: input } });
  return {
    queries: outputs[`query.${block}`]?.data,
    keys: outputs[`key.${block}`]?.data,
    image: new Uint8Array(resized),
  };
}

describe('A ResNet', () => {
  const BASIC = 'test/reference/resnet/basic_initial.safetensors';
  const activations = (changes: Partial<AttentionQuestion> = {}) =>
    models.attention({ checkpoint: BASIC, engine: 'eager', image: { kind: 'file', path: image }, ...changes });

  it('shows the activations of its last stage instead, of the whole image at any resolution', async () => {
    const region = { left: 3, top: 2, width: 20, height: 16 };
    const answer = await activations({ resolution: 45, region, block: 7, numHeads: 5 });
    const network = await loadNetwork(BASIC);
    if (network.backbone.kind !== 'resnet') throw new Error('The reference is no ResNet.');
    const decoded = { width: 40, height: 24, channels: 3, data: pixels };
    const { input, pixels: resized } = attentionInput(decoded, 45, 1, region);
    const program = activationsProgram(network.backbone, { batch: 1, height: 45, width: 45 });
    const session = await eagerEngine.compile(program, backboneWeights(network));
    const outputs = await session.call({ images: { shape: [1, 3, 45, 45], dtype: 'float32', data: input } });
    expect(answer).toMatchObject({
      kind: 'activations',
      channels: featureDim(network.backbone),
      rows: 2,
      columns: 2,
      activations: outputs['activations']?.data,
      image: new Uint8Array(resized),
      width: 45,
      height: 45,
      original: { width: 20, height: 16 },
      resolution: 45,
    });
  });

  it('is kept beside Vision Transformers', async () => {
    const before = await activations({ resolution: 32 });
    expect((await ask()).block).toBe(2);
    expect(await activations({ resolution: 32 })).toEqual(before);
  });

  it('refuses a resolution that would take all memory', async () => {
    await expect(activations({ resolution: 2049 })).rejects.toThrow('too high for a ResNet: the most is 2048');
  });
});

describe('Patch features of images', () => {
  const patches = (changes: Partial<PatchesQuestion> = {}) =>
    models.patches({
      checkpoint: TEACHER,
      numHeads: 3,
      engine: 'eager',
      images: [{ image: { kind: 'file', path: image } }],
      ...changes,
    });

  it('are those after the final norm, without the CLS token, and cost nothing once the attention was asked for', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    await ask();
    const session = await (compile.mock.results[0]?.value as ReturnType<typeof eagerEngine.compile>);
    const call = vi.spyOn(session, 'call');
    const [seen] = (await patches()).images;
    expect(call).not.toHaveBeenCalled();
    const network = await loadNetwork(TEACHER, { numHeads: 3 });
    const vit = vitOf(network.backbone);
    const { input } = attentionInput({ width: 40, height: 24, channels: 3, data: pixels }, 32, vit.patchSize);
    const plain = await eagerEngine.compile(
      tokensProgram(vit, { batch: 1, height: 32, width: 32 }),
      backboneWeights(network),
    );
    const outputs = await plain.call({ images: { shape: [1, 3, 32, 32], dtype: 'float32', data: input } });
    expect(seen).toMatchObject({ rows: 4, columns: 4, dim: vit.embedDim, original: { width: 40, height: 24 } });
    expect(seen?.features).toHaveLength(16 * vit.embedDim);
    for (const [at, value] of (seen?.features ?? []).entries())
      expect(value).toBeCloseTo(outputs['patches']?.data[at] as number, 4);
  });

  it('of several images have one set of components, each image in its own region', async () => {
    const region = { left: 3, top: 2, width: 20, height: 16 };
    const both = [
      { image: { kind: 'file' as const, path: image } },
      { image: { kind: 'file' as const, path: image }, region },
    ];
    const { images: seen } = await patches({ images: both, resolution: 64 });
    expect(seen.map(({ rows, columns }) => [rows, columns])).toEqual([
      [8, 8],
      [8, 8],
    ]);
    expect(seen[1]?.original).toEqual({ width: 20, height: 16 });
    const wanted = await patchColors(seen);
    expect(seen.map(({ colors, foreground }) => ({ colors, foreground }))).toEqual(wanted.images);
    expect(seen[0]?.colors).toHaveLength(64 * 3);
  });

  it('are refused of a ResNet, in a sentence', async () => {
    const asked = patches({ checkpoint: 'test/reference/resnet/basic_initial.safetensors' });
    await expect(asked).rejects.toThrow(
      'is a ResNet, which has no patches: choose the checkpoint of a Vision Transformer',
    );
  });
});

describe('Attention in an image', () => {
  it('is that of the last block, at the size of the network', async () => {
    const answer = await ask();
    expect(answer).toMatchObject({
      block: 2,
      blocks: 3,
      heads: 3,
      rows: 4,
      columns: 4,
      width: 32,
      height: 32,
      resolution: 32,
    });
    expect(answer.original).toEqual({ width: 40, height: 24 });
    expect(answer.checkpointName).toContain('teacher_final');
    expect(answer).toMatchObject(await directly(TEACHER, 32, 2));
    expect(answer.step).toBeUndefined();
  });

  it('is asked of any block, resolution and region', async () => {
    const region = { left: 3, top: 2, width: 20, height: 16 };
    const answer = await ask({ block: 0, resolution: 45, region });
    // Cut to whole patches of 8 pixels.
    expect(answer).toMatchObject({ block: 0, rows: 5, columns: 5, width: 40, height: 40, resolution: 45 });
    expect(answer.original).toEqual({ width: 20, height: 16 });
    expect(answer).toMatchObject(await directly(TEACHER, 45, 0, region));
    await expect(ask({ block: 3 })).rejects.toThrow('has 3 blocks: there is no block 4');
  });

  it('is compiled once for all networks of one shape, with the weights of the one that is asked', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    const teacher = await ask();
    const student = await ask({ checkpoint: STUDENT });
    expect(await ask({ resolution: 32, block: 1, checkpoint: STUDENT })).toMatchObject({ block: 1 });
    const other = await ask({
      image: { kind: 'file', path: image },
      region: { left: 0, top: 0, width: 8, height: 8 },
    });
    expect(compile).toHaveBeenCalledTimes(1);
    compile.mockRestore();
    expect(teacher).toMatchObject(await directly(TEACHER, 32, 2));
    expect(student).toMatchObject(await directly(STUDENT, 32, 2));
    expect(student.queries).not.toEqual(teacher.queries);
    expect(other).toMatchObject(await directly(TEACHER, 32, 2, { left: 0, top: 0, width: 8, height: 8 }));
  });

  it('is computed once for all blocks of a network that has looked at an image', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    await ask();
    const session = await (compile.mock.results[0]?.value as ReturnType<typeof eagerEngine.compile>);
    const call = vi.spyOn(session, 'call');
    for (const block of [0, 1, 2]) expect((await ask({ block })).block).toBe(block);
    expect(call).not.toHaveBeenCalled();
    await ask({ region: { left: 0, top: 0, width: 9, height: 9 } });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('keeps three sessions, and ends the rest', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    const disposals: ReturnType<typeof vi.fn>[] = [];
    for (const resolution of [8, 16, 24, 32]) {
      await ask({ resolution });
      const session = await (compile.mock.results.at(-1)?.value as ReturnType<typeof eagerEngine.compile>);
      disposals.push(vi.spyOn(session, 'dispose') as never);
    }
    const ended = () => disposals.map(({ mock }) => mock.calls.length);
    expect(ended()).toEqual([1, 0, 0, 0]);
    await models.dispose();
    expect(ended()).toEqual([1, 1, 1, 1]);
  });

  it('is of the file as it is now', async () => {
    const checkpoint = join(folder, 'weights.safetensors');
    copyFileSync(TEACHER, checkpoint);
    const before = await ask({ checkpoint });
    copyFileSync(STUDENT, checkpoint);
    utimesSync(checkpoint, 1, 1);
    expect((await ask({ checkpoint })).queries).not.toEqual(before.queries);
    const identity = identityOfNetwork(checkpoint);
    utimesSync(checkpoint, 2, 2);
    expect(identityOfNetwork(checkpoint)).not.toBe(identity);
  });

  it('is given up when nobody wants it any more, and the next one is not', async () => {
    const stop = new AbortController();
    const [first, second, third] = [ask(), ask({ block: 1 }, stop.signal), ask({ block: 0 })];
    stop.abort(new Error('not wanted'));
    await expect(second).rejects.toThrow('not wanted');
    expect([(await first).block, (await third).block]).toEqual([2, 0]);
  });

  it('says what cannot be, and answers the next question', async () => {
    await expect(ask({ checkpoint: join(folder, 'absent.pth') })).rejects.toThrow('absent.pth');
    writeFileSync(join(folder, 'torn.png'), 'torn');
    await expect(ask({ image: { kind: 'file', path: join(folder, 'torn.png') } })).rejects.toThrow('torn.png');
    // 129 patches a side are more than 2 ** 14.
    await expect(ask({ resolution: 1032 })).rejects.toThrow('there are 16641 patches, more than the 16384');
    expect((await ask()).block).toBe(2);
  });

  it('comes with the part of the image that it is of, as fine as the screen shows it', async () => {
    const decoded = { width: 40, height: 24, channels: 3, data: pixels };
    // Of 45 pixels each way 40 are seen: 36 of the image's 40, and 21 of its 24.
    const whole = await ask({ resolution: 45, shownSide: 1000 });
    const seen = shownImage(decoded, 1000, { left: 0, top: 0, width: 36, height: 21 });
    expect([whole.width, whole.height, whole.image]).toEqual([36, 21, seen.pixels]);
    expect(whole).toMatchObject({ seen: { width: 40, height: 40 }, original: { width: 40, height: 24 } });
    const region = { left: 3, top: 2, width: 20, height: 16 };
    const part = await ask({ resolution: 45, region, shownSide: 9 });
    const reduced = shownImage(decoded, 9, { left: 3, top: 2, width: 18, height: 14 });
    expect([part.width, part.height, part.image]).toEqual([9, 7, reduced.pixels]);
    expect(part.queries).toEqual((await ask({ resolution: 45, region })).queries);
    const least = await ask({ resolution: 15, region: { left: 0, top: 0, width: 1, height: 1 }, shownSide: 9 });
    expect([least.width, least.height], 'of half a pixel one is shown').toEqual([1, 1]);
  });

  it('shows the same pixels for every checkpoint, without reading them again', async () => {
    const first = await ask({ shownSide: 20 });
    expect((await ask({ shownSide: 20, checkpoint: STUDENT })).image).toBe(first.image);
    expect((await ask({ shownSide: 21 })).image).not.toEqual(first.image);
    await sharp(
      pixels.map((value) => 255 - value),
      { raw: { width: 40, height: 24, channels: 3 } },
    )
      .png()
      .toFile(image);
    utimesSync(image, 1, 1);
    expect((await ask({ shownSide: 20 })).image, 'of the file as it is now').not.toEqual(first.image);
  });

  it('is as fine as the longer side of the image, or of the region, allows', async () => {
    const tall = join(folder, 'tall.png');
    await sharp(pixels, { raw: { width: 12, height: 80, channels: 3 } })
      .png()
      .toFile(tall);
    const fine = async (changes: Partial<AttentionQuestion>) =>
      (await ask({ resolution: 'fine', ...changes })).resolution;
    expect(await fine({})).toBe(40);
    const ofTall = { kind: 'file', path: tall } as const;
    expect(await fine({ image: ofTall })).toBe(80);
    expect(await fine({ image: ofTall, region: { left: 0, top: 3, width: 12, height: 57 } })).toBe(56);
    expect(await fine({ image: ofTall, region: { left: 0, top: 3, width: 12, height: 8 } })).toBe(32);
  });

  it('is of the network of a file that is asked for, by its name', async () => {
    const checkpoint = `${reference}/checkpoint.pth`;
    const [student, teacher] = [
      await ask({ checkpoint, network: 'student' }),
      await ask({ checkpoint, network: 'teacher' }),
    ];
    expect([student.network, teacher.network]).toEqual(['student', 'teacher']);
    expect(teacher.queries).not.toEqual(student.queries);
    expect(student.queries).toEqual((await ask({ checkpoint: STUDENT })).queries);
    expect(await ask()).not.toHaveProperty('network');
  });

  it('is of a network with as many heads as are asked for, loaded once', async () => {
    const three = await ask();
    const one = await ask({ numHeads: 1 });
    expect([three.heads, one.heads]).toEqual([3, 1]);
    expect((await ask({ block: 0 })).notes).toBe(three.notes);
    expect((await ask({ numHeads: 1, block: 0 })).heads).toBe(1);
  });

  it('says the step of a checkpoint of a run, the first one too', async () => {
    const checkpoint = 'media/sample/runs/photographs/checkpoints/00000000';
    const request = { checkpoint, engine: 'eager', image: { kind: 'file', path: image }, resolution: 16 } as const;
    expect(await models.attention(request)).toMatchObject({ step: 0, network: 'teacher' });
    expect(await ask()).not.toHaveProperty('step');
  });

  it('takes weights for those of the library that is named', async () => {
    await expect(ask({ library: 'keras' })).rejects.toThrow('keras');
    expect((await ask()).blocks).toBe(3);
  });

  it('puts weights into a session only where others are in it', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    await ask();
    const session = await (compile.mock.results[0]?.value as ReturnType<typeof eagerEngine.compile>);
    const writeState = vi.spyOn(session, 'writeState');
    const part = (side: number) => ({ region: { left: 0, top: 0, width: side, height: side } });
    await ask(part(4));
    expect(writeState).toHaveBeenCalledTimes(0);
    await ask({ ...part(5), checkpoint: STUDENT });
    await ask({ ...part(6), checkpoint: STUDENT });
    expect(writeState).toHaveBeenCalledTimes(1);
  });

  it('has the weights that are asked for after others could not be put in', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    await ask();
    const session = await (compile.mock.results[0]?.value as ReturnType<typeof eagerEngine.compile>);
    const { writeState } = session;
    vi.spyOn(session, 'writeState').mockImplementationOnce(async (values) => {
      await writeState.call(session, values);
      throw new Error('the memory is full');
    });
    await expect(ask({ checkpoint: STUDENT })).rejects.toThrow('the memory is full');
    const region = { left: 0, top: 0, width: 8, height: 8 };
    const again = await ask({ region });
    compile.mockRestore();
    expect(again).toMatchObject(await directly(TEACHER, 32, 2, region));
  });

  it('is computed anew for another image, and for another engine', async () => {
    const compile = vi.spyOn(eagerEngine, 'compile');
    const before = await ask();
    const other = join(folder, 'other.png');
    await sharp(
      pixels.map((value) => 255 - value),
      { raw: { width: 40, height: 24, channels: 3 } },
    )
      .png()
      .toFile(other);
    const ofOther = await ask({ image: { kind: 'file', path: other } });
    expect(ofOther.queries).not.toEqual(before.queries);
    expect(compile).toHaveBeenCalledTimes(1);
    const byOnnx = await ask({ engine: 'onnx' });
    expect(compile).toHaveBeenCalledTimes(1);
    for (const [at, value] of byOnnx.queries.entries()) expect(value).toBeCloseTo(before.queries[at] as number, 4);
  });
});
