/** The frozen network that a run is distilled from: found by its path, and told by the checksums of its files. */
import { resolve } from 'node:path';
import { headsOf } from '../method/methods/precomputedTeacher.js';
import { networkOf } from '../method/network.js';
import { prefixed } from '../program/lookup.js';
import type { NamedHostTensors } from '../program/program.js';
import type { Provenance } from '../runs/importedRecord.js';
import { type LoadedNetwork, loadNetwork, provenanceOf } from '../runs/network.js';
import { openRun } from '../runs/run.js';
import { contradictions, leaveOut } from '../settings/contradictions.js';
import { type TeacherNetwork, teacherNetworkSchema } from '../settings/networkSchema.js';
import { isPrecomputed } from '../settings/parts/distillation.js';
import { SettingsError } from '../settings/problems.js';
import type { Settings } from '../settings/settings.js';
import { teacherSpec } from '../settings/specs.js';
import { requireArchitecture } from '../weights/architecture.js';

/** What is known of a teacher before the first step; its weights are read when the step is compiled. */
export interface Teacher {
  /** What a person calls it, e.g. `flowers, step 1200 (teacher)`. */
  readonly name: string;
  /** What the run's record says of it. */
  readonly recorded: Provenance;
  readonly shape: TeacherNetwork;
  /** Settings that it decides. */
  readonly settings: Readonly<Partial<Settings>>;
  readonly notes: readonly string[];
}

/**
 * @param headsAlone whether its backbone stays in the file
 * @throws Error with one sentence, when there is none that can teach
 */
export async function readTeacher(path: string, { headsAlone = false } = {}): Promise<Teacher> {
  const network = await loadNetwork(path, { withPatchHead: true, headsAlone });
  const { backbone, head, patchHead = null, name, notes } = network;
  const cannotTeach = (why: string) => new Error(`${path} cannot teach: ${why}.`);
  if (backbone.kind !== 'vit') throw cannotTeach('it is no Vision Transformer, and has no patches');
  if (head === undefined) throw cannotTeach('it has no projection head, and the student learns what that gives');
  if (!(await knowsPatches(network))) throw cannotTeach('no head of it was trained on patches, as DINOv2 trains them');
  return {
    name,
    recorded: { ...(await provenanceOf(path, network)), file: placeOf(path, network) },
    // It sees all patches.
    shape: teacherNetworkSchema.parse({ backbone: { ...backbone, maskToken: false }, head, patchHead }),
    settings: {
      patch_size: backbone.patchSize,
      in_chans: backbone.inChans,
      out_dim: head.outDim,
      ibot_separate_head: patchHead !== null,
      ...(patchHead !== null && { ibot_head_n_prototypes: patchHead.outDim }),
    },
    notes: [
      ...notes,
      ...(patchHead === null
        ? [
            `${path} has no head of its own for patches: they go through the one of CLS, as ibot_separate_head false has it`,
          ]
        : []),
    ],
  };
}

/** Settings tell it of a run, which has no mask token where it had a teacher itself; of other networks of DINOv2 that token does. */
async function knowsPatches({ backbone, patchHead, run }: LoadedNetwork): Promise<boolean> {
  if (run !== undefined) {
    const { method, ibot_loss_weight } = (await openRun(run)).record.config;
    return method === 'dinov2' && ibot_loss_weight > 0;
  }
  return patchHead !== undefined || (backbone.kind === 'vit' && backbone.maskToken);
}

/** Of a run the checkpoint's own file: it may go on, and its latest checkpoint be another. */
function placeOf(path: string, { run, source }: LoadedNetwork): string {
  const [file] = 'library' in source && !('file' in source) ? source.files : [];
  return resolve(run !== undefined && file !== undefined ? file : path);
}

/** @throws SettingsError that names the settings that contradict the teacher */
export function requireFittingTeacher(
  { recorded: { file }, shape, settings: decided }: Teacher,
  settings: Settings,
): void {
  const given = settings.teacher_network;
  const shapeDiffers = given !== null && JSON.stringify(given) !== JSON.stringify(shape);
  const wrong = [
    ...contradictions(decided, settings),
    ...(shapeDiffers ? ['the teacher_network of another file'] : []),
  ];
  if (wrong.length > 0)
    throw new SettingsError([`A run that ${file} teaches cannot have ${wrong.join(', ')}: ${leaveOut(wrong)}.`]);
}

/**
 * Its weights, by their names in the state of the step.
 * @param recorded when the run was started
 * @param headsAlone whether its backbone stays in the file. When left out: where its outputs are on disk
 * @throws Error with one sentence, when it is not found, or is not what it was
 */
export async function teacherWeights(
  settings: Settings,
  recorded: Provenance,
  headsAlone = isPrecomputed(settings),
): Promise<NamedHostTensors> {
  const { distill_from: path, teacher_network: shape } = settings;
  const spec = teacherSpec(settings);
  const numHeads = shape?.backbone.kind === 'vit' ? { numHeads: shape.backbone.numHeads } : {};
  let network: LoadedNetwork;
  try {
    network = await loadNetwork(path, { withPatchHead: true, headsAlone, ...numHeads });
  } catch (error) {
    throw new Error(
      `The run is resumed with the teacher that it was started with: say by --set distill_from=PATH where it is now. ${(error as Error).message}`,
    );
  }
  const found = await provenanceOf(path, network);
  const sums = ({ files }: Provenance) => files.map(({ sha256 }) => sha256).join();
  if (sums(found) !== sums(recorded))
    throw new Error(
      `${path} is not the teacher that the run was started with: its SHA-256 is ${begins(found)}, but was ${begins(recorded)}; say by --set distill_from=PATH where that one is.`,
    );
  const { parameters } = headsAlone ? headsOf(networkOf(spec)) : networkOf(spec);
  requireArchitecture(network.parameters, parameters, path);
  const own = Object.entries(network.parameters).filter(([name]) => name in parameters);
  return prefixed('teacher.', Object.fromEntries(own));
}

const begins = ({ files }: Provenance): string => `${files[0]?.sha256.slice(0, 12)}…`;

/** What is said before the first step. */
export const teacherRemarks = ({ name, recorded, notes }: Teacher): string[] => [
  ...notes,
  `the teacher is ${recorded.file} (${name}), which stays as it is; what is looked at is ema, the average of the student`,
];
