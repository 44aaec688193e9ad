/** DINO (Caron et al. 2021, arXiv 2104.14294, algorithm 1; main_dino.py of the original). */
import * as tf from '@tensorflow/tfjs-core';
import { float32 } from '../../program/program.js';
import type { DropPathScales } from '../backbone.js';
import { centeredDistributions, nextCenter } from '../losses/centering.js';
import { dinoLoss } from '../losses/dino.js';
import { featureSpread, meanEntropy } from '../losses/monitors.js';
import type { Method, MethodTypes } from '../method.js';
import { type NetworkSpec, networkOf } from '../network.js';

export interface DinoSpec {
  readonly network: NetworkSpec;
  readonly localCropsNumber: number;
  readonly localSize: number;
  /** Whether the step takes stochastic depth's scales (`drop_path`). */
  readonly dropPath: boolean;
  readonly studentTemp: number;
  readonly centerMomentum: number;
}

interface Dino extends MethodTypes {
  readonly role: 'student' | 'teacher';
  readonly inputs: {
    readonly globals: tf.Tensor4D;
    readonly locals?: tf.Tensor4D;
    readonly drop_path?: DropPathScales;
    readonly teacher_temp: tf.Scalar;
  };
  readonly memory: { readonly center: tf.Tensor2D };
  /** The teacher's: features [2 * batch, dim], logits [2 * batch, K], distributions [2, batch, K]. */
  readonly targets: {
    readonly features: tf.Tensor2D;
    readonly logits: tf.Tensor2D;
    readonly distributions: tf.Tensor3D;
  };
}

/** Global crops of each image. */
export const GLOBALS = 2;

const joined = <T extends tf.Tensor>(parts: readonly T[]): T =>
  (parts.length === 1 ? parts[0] : tf.concat([...parts])) as T;

/**
 * Inputs: `globals` [2 * batch, C, H, W] and `locals` [local crops * batch, C, h, w], crop-major (absent without local crops),
 * `drop_path` [depth, 2, crops * batch] where `dropPath` is set, and `teacher_temp`.
 * Memory: `center` [1, K].
 * Measures: `teacher_entropy`; `kl`, the loss minus it; `feature_std`, see {@link featureSpread}.
 */
export function dino(spec: DinoSpec): Method<Dino> {
  const { localCropsNumber, localSize, studentTemp, centerMomentum } = spec;
  const network = networkOf(spec.network);
  const { inChans, imageSize, droppableBlocks } = network.backbone;
  const { outDim } = spec.network.head;
  const views = GLOBALS + localCropsNumber;

  return {
    name: 'dino',
    identity: JSON.stringify(spec),
    roles: { student: { network, is: 'trained' }, teacher: { network, is: { averageOf: 'student' } } },
    memory: { center: float32(1, outDim) },
    means: { logits: float32(1, outDim) },
    inputs: (batch) => ({
      globals: float32(GLOBALS * batch, inChans, imageSize, imageSize),
      ...(localCropsNumber > 0 && { locals: float32(localCropsNumber * batch, inChans, localSize, localSize) }),
      ...(spec.dropPath && { drop_path: float32(droppableBlocks, 2, views * batch) }),
    }),
    groups: {
      globals: GLOBALS,
      ...(localCropsNumber > 0 && { locals: localCropsNumber }),
      ...(spec.dropPath && { drop_path: droppableBlocks * 2 * views }),
    },
    isMeanOverImages: true,
    scalars: ['teacher_temp'],

    targets: ({ teacher }, { inputs, memory }) => {
      const features = teacher.features(inputs.globals);
      const logits = teacher.project(features);
      return { features, logits, distributions: centeredDistributions(logits, memory.center, inputs.teacher_temp) };
    },

    loss: ({ student }, { inputs: { globals, locals, drop_path } }, { distributions }) => {
      // One backbone pass a size, which matters to batch norm, and one head pass on all (utils.py, `MultiCropWrapper`).
      const crops = locals ? [globals, locals] : [globals];
      const passes = localSize === imageSize ? [joined(crops)] : crops;
      let first = 0;
      const features = passes.map((images) => {
        const [count] = images.shape;
        const dropPath = drop_path && tf.slice(drop_path, [0, 0, first], [droppableBlocks, 2, count]);
        first += count;
        return student.features(images, { dropPath });
      });
      return { total: dinoLoss(student.project(joined(features)), distributions, studentTemp) };
    },

    remember: ({ memory }, { logits }, { mean, inLastCall }) => ({
      center: nextCenter(memory.center, mean('logits', tf.mean(logits, 0, true)), inLastCall(1 - centerMomentum)),
    }),

    measures: ({ features, distributions }, loss, agreed) => {
      const entropy = agreed(meanEntropy(distributions));
      return { teacher_entropy: entropy, kl: tf.sub(loss, entropy), feature_std: featureSpread(features, agreed) };
    },
  };
}
