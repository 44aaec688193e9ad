/** DINOv2 (Oquab et al. 2023, arXiv 2304.07193; ssl_meta_arch.py of facebookresearch/dinov2, `SSLMetaArch`). */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../../program/lookup.js';
import { float32, type NamedSpecs } from '../../program/program.js';
import type { KeptSamples } from '../backbone.js';
import { keptOf } from '../layers/dropPath.js';
import { centeredDistributions, nextCenter } from '../losses/centering.js';
import { dinoGlobalLoss, dinoLocalLoss } from '../losses/dinov2.js';
import { ibotLoss } from '../losses/ibot.js';
import { koleoLoss, neighborDistances } from '../losses/koleo.js';
import { featureSpread, meanEntropyOfCounted, perplexity } from '../losses/monitors.js';
import { sinkhornKnopp } from '../losses/sinkhornKnopp.js';
import { chosenPatches, type MaskInputs } from '../masks/chosenPatches.js';
import { type MaskSpec, mostMasked, patchesOf } from '../masks/maskedCrops.js';
import type { Method, MethodTypes } from '../method.js';
import { type NetworkSpec, networkOf, type RunningNetwork } from '../network.js';
import { dinov2Groups, type LayerRates } from '../optimizers/dinov2Groups.js';
import { GLOBALS } from './dino.js';
import { maskedShare, meanOverPairs, type TermWeights, weighed } from './dinov2Terms.js';
import { computedFeatures } from './teacherFeatures.js';

export interface Dinov2Spec {
  readonly network: NetworkSpec;
  readonly localCropsNumber: number;
  readonly localSize: number;
  /** Absent: no patch is masked, and there is no iBOT loss. */
  readonly masks?: MaskSpec;
  /** Whether the student sees the patches that the iBOT loss is taken at. When left out: they are masked. */
  readonly studentSeesAll?: boolean;
  /** Of every block, see `keptSamples`; 0: none. */
  readonly dropPathRate: number;
  /** How the teacher's distributions are kept from collapse. */
  readonly centering: 'centering' | 'sinkhorn_knopp';
  readonly studentTemp: number;
  readonly centerMomentum: number;
  readonly weights: TermWeights;
  readonly rates: LayerRates;
}

interface Inputs extends Partial<MaskInputs> {
  readonly globals: tf.Tensor4D;
  readonly locals?: tf.Tensor4D;
  readonly drop_path_globals?: KeptSamples;
  readonly drop_path_locals?: KeptSamples;
  readonly teacher_temp: tf.Scalar;
}

export interface Dinov2 extends MethodTypes {
  readonly role: 'student' | 'teacher';
  readonly inputs: Inputs;
  /** With `sinkhorn_knopp` nothing is remembered. */
  readonly memory: { readonly center?: tf.Tensor2D; readonly ibot_center?: tf.Tensor2D };
  readonly targets: {
    /** [2 * batch, dim] */
    readonly features: tf.Tensor2D;
    readonly cls: TeacherOutputs;
    /** Of the chosen patches; absent without an iBOT loss. */
    readonly patches?: TeacherOutputs;
  };
}

/** Both [rows, K]. */
interface TeacherOutputs {
  readonly logits: tf.Tensor2D;
  readonly distributions: tf.Tensor2D;
}

/**
 * Inputs: `globals` [2 * batch, C, H, W] and `locals` [local crops * batch, C, h, w], crop-major; of the global crops `masks`,
 * `mask_indices_list` and `masks_weight` (see {@link MaskInputs}); `drop_path_globals` and `drop_path_locals`, see {@link KeptSamples};
 * `teacher_temp`. What does not apply is absent.
 * Memory with `centering`: `center` [1, K], and `ibot_center` [1, K] of patches. The original puts their update off until the next use, so
 * that its checkpoints lack the last one; a step sees the same centers either way.
 * Parts of the loss, as they are minimized: `dino_local_crops_loss`, `dino_global_crops_loss`, `koleo_loss`, `ibot_loss`; `total_loss` is
 * what the original prints, and `koleo_distance` the least distance of two neighbors.
 * @param featuresOf how the features of the teacher's backbone come about
 */
export function dinov2(spec: Dinov2Spec, featuresOf = computedFeatures): Method<Dinov2> {
  const { localCropsNumber: locals, localSize, masks, dropPathRate, centering, studentTemp, weights } = spec;
  const { studentSeesAll = false } = spec;
  const network = networkOf(spec.network);
  const { inChans, imageSize, droppableBlocks: depth } = network.backbone;
  const { head, patchHead = head } = spec.network;
  const isCentered = centering === 'centering';
  const hasIbot = masks !== undefined && weights.ibot > 0;
  const prototypes: NamedSpecs = {
    center: float32(1, head.outDim),
    ...(hasIbot && { ibot_center: float32(1, patchHead.outDim) }),
  };
  const kept = (samples: number) => float32(depth, 2, keptOf(samples, dropPathRate), samples);

  /** Rows of 0 where nothing counts. */
  const distributionsOf = (
    logits: tf.Tensor2D,
    temperature: tf.Scalar,
    center: tf.Tensor2D | undefined,
    counted?: tf.Tensor1D,
  ): tf.Tensor2D => {
    if (center === undefined) return sinkhornKnopp(logits, temperature, counted);
    const all: tf.Tensor2D = tf.reshape(centeredDistributions(logits, center, temperature, 1), logits.shape);
    return counted ? tf.mul(all, tf.reshape(counted, [counted.size, 1])) : all;
  };

  return {
    name: 'dinov2',
    identity: JSON.stringify(spec),
    roles: { student: { network, is: 'trained' }, teacher: { network, is: { averageOf: 'student' } } },
    memory: isCentered ? prototypes : {},
    means: isCentered ? prototypes : {},
    inputs: (batch) => ({
      globals: float32(GLOBALS * batch, inChans, imageSize, imageSize),
      ...(locals > 0 && { locals: float32(locals * batch, inChans, localSize, localSize) }),
      ...(masks && {
        masks: float32(GLOBALS * batch, patchesOf(masks)),
        mask_indices_list: float32(masksLength(batch, masks)),
        masks_weight: float32(masksLength(batch, masks)),
      }),
      ...(dropPathRate > 0 && { drop_path_globals: kept(GLOBALS * batch) }),
      ...(dropPathRate > 0 && locals > 0 && { drop_path_locals: kept(locals * batch) }),
    }),
    // What is drawn for all images of a call together is laid out as if each had a share of it.
    groups: {
      globals: GLOBALS,
      ...(locals > 0 && { locals }),
      ...(masks && { masks: 1, mask_indices_list: 1, masks_weight: 1 }),
      ...(dropPathRate > 0 && { drop_path_globals: 1 }),
      ...(dropPathRate > 0 && locals > 0 && { drop_path_locals: 1 }),
    },
    scalars: ['teacher_temp'],
    parameterGroups: dinov2Groups(network.backbone, spec.rates),
    clipped: 'modules',

    targets: ({ teacher }, { inputs, memory }) => {
      const chosen = hasIbot ? maskInputs(inputs) : undefined;
      const { cls, patches } = featuresOf(teacher, inputs, chosen);
      const logits = teacher.project(cls);
      const ofCls = { logits, distributions: distributionsOf(logits, inputs.teacher_temp, memory.center) };
      if (chosen === undefined || patches === undefined) return { features: cls, cls: ofCls };
      const ofPatches = teacher.projectPatches(patches);
      const { counted } = chosenPatches(chosen);
      const distributions = distributionsOf(ofPatches, inputs.teacher_temp, memory.ibot_center, counted);
      return { features: cls, cls: ofCls, patches: { logits: ofPatches, distributions } };
    },

    loss: ({ student }, { inputs }, { cls: ofTeacher, patches: patchesOfTeacher }) => {
      const { globals, locals: localCrops } = inputs;
      const { cls, patches } = student.tokens(globals, {
        masks: studentSeesAll ? undefined : inputs.masks,
        dropPath: inputs.drop_path_globals,
      });
      const ofLocals = localCrops && student.features(localCrops, { dropPath: inputs.drop_path_locals });
      const views = (rows: tf.Tensor2D): tf.Tensor3D =>
        tf.reshape(rows, [-1, globals.shape[0] / GLOBALS, rows.shape[1]]);
      const teacher = views(ofTeacher.distributions);
      const [globalLogits, localLogits] = inOnePass(student, cls, ofLocals);
      const global = dinoGlobalLoss(views(globalLogits), teacher, studentTemp, locals);
      const local = localLogits && dinoLocalLoss(views(localLogits), teacher, studentTemp);
      const features = tf.split(cls, GLOBALS) as tf.Tensor2D[];
      const koleo = weights.koleo > 0 ? (tf.addN(features.map(koleoLoss)) as tf.Scalar) : undefined;
      const chosen = patchesOfTeacher && chosenPatches(maskInputs(inputs));
      const ibot =
        chosen &&
        ibotLoss(student.projectPatches(chosen.rows(patches)), patchesOfTeacher.distributions, chosen.weights, {
          temperature: studentTemp,
          crops: globals.shape[0],
        });
      const distances = tf.concat(features.map(neighborDistances));
      const least = tf.neg(tf.max<tf.Scalar>(tf.neg(distances)));
      const weighted = weighed({ local, global, koleo, ibot }, weights, least);
      return studentSeesAll ? { ...weighted, parts: { ...weighted.parts, feature_std: featureSpread(cls) } } : weighted;
    },

    remember: ({ inputs, memory }, { cls, patches }, { mean, inLastCall }) => {
      const share = inLastCall(1 - spec.centerMomentum);
      const next = (name: 'center' | 'ibot_center', own: tf.Tensor) => {
        const before = memory[name];
        return before === undefined ? {} : { [name]: nextCenter(before, mean(name, own), share) };
      };
      return {
        ...next('center', tf.mean(cls.logits, 0, true)),
        ...(patches && next('ibot_center', meanOf(patches.logits, chosenPatches(maskInputs(inputs)).counted))),
      };
    },

    measures: ({ features, cls, patches }, _loss, agreed, parts) => {
      const entropy = agreed(meanEntropyOfCounted(cls.distributions));
      return {
        teacher_entropy: entropy,
        kl: tf.sub(weights.dino > 0 ? meanOverPairs(parts, locals, weights.dino) : entropy, entropy),
        // A teacher that stays as it is tells nothing of the training.
        feature_std: studentSeesAll ? named(parts, 'feature_std') : featureSpread(features, agreed),
        dino_perplexity: agreed(perplexity(cls.distributions)),
        ibot_perplexity: patches ? agreed(perplexity(patches.distributions)) : tf.scalar(0),
        ibot_teacher_entropy: patches ? agreed(meanEntropyOfCounted(patches.distributions)) : tf.scalar(0),
        masked_share:
          patches && masks ? agreed(maskedShare(patches.distributions, masks, features.shape[0])) : tf.scalar(0),
      };
    },
  };
}

/** As many as may be masked, and alike for each image, as all that has a share of every image is. */
export const masksLength = (batch: number, masks: MaskSpec): number =>
  batch * Math.ceil(mostMasked(GLOBALS * batch, masks) / batch);

function maskInputs({ masks, mask_indices_list, masks_weight }: Inputs): MaskInputs {
  if (masks && mask_indices_list && masks_weight) return { masks, mask_indices_list, masks_weight };
  throw new Error('The iBOT loss was given no masks.');
}

/** The logits of global crops and, if there are any, of local ones. */
function inOnePass(
  student: RunningNetwork,
  globals: tf.Tensor2D,
  locals: tf.Tensor2D | undefined,
): readonly [tf.Tensor2D, tf.Tensor2D?] {
  if (locals === undefined) return [student.project(globals)];
  const logits = student.project(tf.concat([globals, locals]));
  return tf.split(logits, [globals.shape[0], locals.shape[0]]) as [tf.Tensor2D, tf.Tensor2D];
}

/** The mean of the rows that count, [1, K]. */
const meanOf = (rows: tf.Tensor2D, counted: tf.Tensor1D): tf.Tensor2D =>
  tf.div(tf.sum(tf.mul(rows, tf.reshape(counted, [counted.size, 1])), 0, true), tf.maximum(tf.sum(counted), 1));
