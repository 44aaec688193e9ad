import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { backboneWeights } from '../../../src/evaluation/backboneWeights.js';
import { EVALUATION } from '../../../src/method/backbone.js';
import { activationsProgram } from '../../../src/method/backbones/resnet/programs.js';
import { lastStage } from '../../../src/method/backbones/resnet/resnet.js';
import { featureDim } from '../../../src/method/backbones/resnet/spec.js';
import { parametersOf } from '../../../src/program/lookup.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { expectClose, upload } from './tensors.js';

const REFERENCE = 'test/reference/resnet';

describe("A ResNet's last stage", () => {
  beforeAll(useCpuBackend);

  it.each(['basic', 'bottleneck'])(
    'is what the original takes the mean of, by program and plainly: %s',
    async (block) => {
      const network = await loadNetwork(`${REFERENCE}/${block}_sgd_teacher_final.safetensors`);
      const spec = network.backbone;
      if (spec.kind !== 'resnet') throw new Error('The reference is no ResNet.');
      const weights = backboneWeights(network);
      const { image_wide: images } = readSafetensors(`${REFERENCE}/inputs.safetensors`);
      const features = readSafetensors(`${REFERENCE}/${block}_outputs.safetensors`)['features_sgd_teacher_wide'];
      if (images === undefined || features === undefined) throw new Error('The reference has no wide images.');
      const [batch = 0, , height = 0, width = 0] = images.shape;

      const session = await onnxEngine.compile(activationsProgram(spec, { batch, height, width }), weights);
      const { activations } = await session.call({ images });
      await session.dispose();
      const map = tf.tensor(activations?.data ?? [], [...(activations?.shape ?? [])]);
      // Images of 36 x 57 pixels, halved five times, rounding up.
      expect(map.shape).toEqual([batch, featureDim(spec), 2, 2]);
      expectClose(tf.mean(map, [2, 3]), tf.tensor(features.data, [...features.shape]), 'mean');

      const given = upload({ images })['images'] as tf.Tensor4D;
      const plain = lastStage(spec, parametersOf(upload(weights), 'backbone.'), given, EVALUATION);
      expectClose(map, plain.map, 'map');
    },
  );

  it('names the network that it is of', async () => {
    const { backbone: spec } = await loadNetwork(`${REFERENCE}/basic_initial.safetensors`);
    if (spec.kind !== 'resnet') throw new Error('The reference is no ResNet.');
    const [one, other] = [spec, { ...spec, block: 'bottleneck' } as const].map(
      (each) => activationsProgram(each, { batch: 1, height: 32, width: 32 }).identity,
    );
    expect(one).toBeDefined();
    expect(other).not.toBe(one);
  });
});
