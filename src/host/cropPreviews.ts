/** The panels that preview crops: one an image, with settings to try, and one a run, with the batch that it trains on. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import {
  askCrops,
  askImage,
  askMasks,
  askThumbnails,
  type CropSettings,
  type Crops,
  type CropsQuestion,
  chooseSource,
  cropReferenceSchema,
  cropSettingsSchema,
  cropsQuestionSchema,
  follow,
  followSchema,
  imageQuestionSchema,
  type Masks,
  type MasksQuestion,
  masksQuestionSchema,
  pageReady,
  previewsStateSchema,
  type Shown,
  type Subject,
  showAttention,
  sourceSchema,
  subject,
  useSettings,
} from '../protocol/previews.js';
import { type Thumbnails, type ThumbnailsQuestion, thumbnailsQuestionSchema } from '../protocol/thumbnails.js';
import type { ImageReference } from '../protocol/worker.js';
import { masksThatDoNotFit } from '../settings/parts/dinov2.js';
import { isDistilled } from '../settings/parts/distillation.js';
import { resolveSettings } from '../settings/resolve.js';
import type { Settings } from '../settings/settings.js';
import { augmentationSpec } from '../settings/specs.js';
import type { AttentionPanels } from './attentionPanels.js';
import { Disposable } from './disposable.js';
import { exactBuffer } from './exactBuffer.js';
import type { Inspector } from './inspector.js';
import { OpenPanels } from './openPanels.js';
import type { ListedRun, RunList } from './runList.js';
import { isLive } from './runSummary.js';
import { configSourceId, type SettingsSource, settingsSources, sourceFor } from './settingsSources.js';
import { watchFile } from './watchFile.js';
import { type PanelPlace, WebviewPanel } from './webviewPanel.js';
import { writeSettings } from './writeSettings.js';

export interface CropPreviewParts {
  readonly extensionUri: vscode.Uri;
  readonly inspector: Inspector;
  readonly runs: RunList;
  readonly attentionPanels: AttentionPanels;
  readonly output: vscode.LogOutputChannel;
}

/** What a panel is opened for. */
interface Opened {
  readonly shown: Shown;
  /** The settings that were looked at before a reload. */
  readonly source?: string | undefined;
}

export class CropPreviews extends Disposable {
  readonly #panels: OpenPanels<Opened, CropPreview>;

  constructor(parts: CropPreviewParts) {
    super();
    const nameOf = (shown: Shown): string =>
      (shown.kind === 'run' && parts.runs.get(shown.dir)?.summary.name) || path.basename(placeOf(shown));
    this.#panels = this._register(
      new OpenPanels({
        page: 'previews',
        keyOf: ({ shown }) => placeOf(shown),
        subjectOf: (panel) => panel,
        subjectIn: async (state) => {
          await parts.runs.refresh();
          return previewsStateSchema.safeParse(state).data;
        },
        open: ({ shown, source }, place) => new CropPreview(shown, nameOf(shown), parts, source, place),
      }),
    );
  }

  show(shown: Shown): void {
    this.#panels.show({ shown });
  }

  /** The panel that has the focus. */
  get active(): CropPreview | undefined {
    return this.#panels.all.find(({ isActive }) => isActive);
  }

  /** The panel of an image's file or of a run's folder. */
  get(place: string): CropPreview | undefined {
    return this.#panels.all.find(({ shown }) => placeOf(shown) === place);
  }
}

const placeOf = (shown: Shown): string => (shown.kind === 'image' ? shown.path : shown.dir);

/** Images that somebody looks at must stand still for a moment. */
const FOLLOW_MS = 2000;
const RUN_SOURCE = 'run';

/** What the page's questions are about. */
interface Scene {
  readonly images: readonly { readonly name: string; readonly reference: ImageReference }[];
  readonly source: SettingsSource;
  readonly settings: Settings;
}

class CropPreview extends WebviewPanel {
  #scene: Scene | undefined;
  /** The newest telling: what an earlier one finds out is dropped. */
  #tellings = 0;
  #follows = true;
  /** What was last told, to stay with while the run is not followed. */
  #batch: Subject['batch'];
  #followTimer: NodeJS.Timeout | undefined;
  /** What the page was last given, and the place of the image that it is of. */
  lastCrops: Crops | undefined;
  lastMasks: Masks | undefined;
  #lastPlace = 0;

  constructor(
    readonly shown: Shown,
    private readonly name: string,
    private readonly parts: CropPreviewParts,
    private sourceId: string | undefined,
    place: PanelPlace,
  ) {
    super({ extensionUri: parts.extensionUri, page: 'previews', title: vscode.l10n.t('Crops: {0}', name), ...place });
    this.onSignal(pageReady, () => void this.#tellSubject());
    this.onMessage(chooseSource, sourceSchema, (id) => {
      this.sourceId = id;
      void this.#tellSubject();
    });
    this.onMessage(follow, followSchema, (follows) => {
      this.#follows = follows;
      if (follows) this.#followRun();
    });
    this.onRequest(askImage, imageQuestionSchema, ({ image }) => this.#image(image));
    this.onRequest(askThumbnails, thumbnailsQuestionSchema, (question) => this.#thumbnails(question));
    this.onRequest(askCrops, cropsQuestionSchema, (question) => this.#crops(question));
    this.onRequest(askMasks, masksQuestionSchema, (question) => this.#masks(question));
    this.onMessage(showAttention, cropReferenceSchema, ({ crop }) => this.showAttention(crop));
    this.onRequest(useSettings, cropSettingsSchema, (settings) => this.#use(settings));
    this._register({ dispose: () => clearTimeout(this.#followTimer) });
    if (shown.kind === 'run') {
      this._register(parts.runs.onDidChange(() => this.#followRun()));
      return;
    }
    this._register(watchFile(shown.path, () => void this.#tellSubject()));
    this._register(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.#scene?.source.configFile === uri.fsPath) void this.#tellSubject();
      }),
    );
  }

  async #tellSubject(): Promise<void> {
    const telling = ++this.#tellings;
    const { shown, name } = this;
    try {
      const told = shown.kind === 'image' ? await this.#imageSubject(shown.path) : await this.#runSubject(shown.dir);
      if (telling === this.#tellings) this.tell(subject, { shown, title: name, ...told });
    } catch (error) {
      this.parts.output.error(errorMessage(error));
    }
  }

  async #imageSubject(file: string): Promise<SubjectContents> {
    const sources = await settingsSources();
    let problem: string | undefined;
    const size = await this.parts.inspector
      .image({ image: { kind: 'file', path: file }, channels: 3 })
      .catch((error: unknown) => {
        problem = errorMessage(error);
        return undefined;
      });
    const source = sources.find(({ id }) => id === this.sourceId) ?? sourceFor(sources);
    this.sourceId = source.id;
    let settings = resolveSettings().settings;
    try {
      settings = source.settings(size);
    } catch (error) {
      problem = errorMessage(error);
    }
    const images = [{ index: 0, name: path.basename(file) }];
    this.#scene = {
      source,
      settings,
      images: [{ name: path.basename(file), reference: { kind: 'file', path: file } }],
    };
    return {
      sources: sources.map(({ id, label }) => ({ id, label })),
      source: source.id,
      settings: cropSettings(settings),
      sizeStep: sizeStep(settings),
      masks: meaningOfMasks(settings),
      images: problem === undefined ? images : [],
      ...(problem !== undefined && { problem }),
    };
  }

  async #runSubject(dir: string): Promise<SubjectContents> {
    const listed = this.parts.runs.get(dir);
    const record = listed?.summary.run?.record;
    const settings = record?.config ?? resolveSettings().settings;
    const told = {
      sources: [{ id: RUN_SOURCE, label: vscode.l10n.t('The run') }],
      source: RUN_SOURCE,
      settings: cropSettings(settings),
      sizeStep: sizeStep(settings),
      masks: meaningOfMasks(settings),
      images: [],
    };
    if (listed === undefined) return { ...told, problem: vscode.l10n.t('The run no longer exists.') };
    const batch = this.#follows || this.#batch === undefined ? batchOf(listed) : this.#batch;
    if (record === undefined || batch === undefined)
      return {
        ...told,
        problem: vscode.l10n.t('The run has not started yet: its first batch appears when it trains.'),
      };
    this.#batch = batch;
    try {
      const { path: data, fingerprint } = record.dataset;
      const { epoch, iteration } = batch;
      const { seed, batch_size: batchSize } = settings;
      const { method, held_out, finetune_labels } = settings;
      const fineTuning = method === 'finetune' ? { fineTuning: { seed, held_out, finetune_labels } } : {};
      const question = { data, fingerprint, seed, epoch, iteration, batchSize, ...fineTuning };
      const { images } = await this.parts.inspector.batchImages(question);
      const { preset } = record;
      this.#scene = {
        settings,
        source: {
          id: RUN_SOURCE,
          label: vscode.l10n.t('The run'),
          ...(preset !== undefined && { preset }),
          settings: () => settings,
        },
        images: images.map(({ index, name }) => ({ name, reference: { kind: 'dataset', path: data, index } })),
      };
      return { ...told, images: images.map(({ index, name }) => ({ index, name })), batch };
    } catch (error) {
      return { ...told, problem: errorMessage(error) };
    }
  }

  /** Goes on to the batch that the run is at, when it is another one. */
  #followRun(): void {
    const { shown } = this;
    if (shown.kind !== 'run' || !this.#follows || !this.isVisible) return;
    const listed = this.parts.runs.get(shown.dir);
    const step = listed && batchOf(listed)?.step;
    if (step === this.#batch?.step && listed !== undefined) return;
    this.#followTimer ??= setTimeout(() => {
      this.#followTimer = undefined;
      if (this.#follows && this.isVisible) void this.#tellSubject();
    }, FOLLOW_MS);
  }

  async #image(place: number) {
    const { reference, settings } = this.#imageAt(place);
    const { shown } = await this.parts.inspector.image({ image: reference, channels: settings.in_chans });
    return { ...shown, pixels: exactBuffer(shown.pixels) };
  }

  async #thumbnails({ images: places, side }: ThumbnailsQuestion): Promise<Thumbnails> {
    const references = places.map((place) => this.#imageAt(place).reference);
    const indices = Int32Array.from(references, (one) => (one.kind === 'dataset' ? one.index : 0));
    const data = references[0]?.path ?? '';
    const { pixels, unreadable } = await this.parts.inspector.thumbnails({ data, images: indices, side });
    return { pixels: exactBuffer(pixels), unreadable: [...unreadable] };
  }

  async #crops({ image, settings: tried, epoch }: CropsQuestion): Promise<Crops> {
    const { reference, settings } = this.#imageAt(image);
    const augmentation = augmentationSpec({ ...settings, ...tried });
    const answer = await this.parts.inspector.crops({ image: reference, augmentation, seed: settings.seed, epoch });
    this.lastCrops = { ...answer, pixels: exactBuffer(answer.pixels) };
    this.#lastPlace = image;
    return this.lastCrops;
  }

  async #masks({ settings: tried, step }: MasksQuestion): Promise<Masks> {
    if (this.#scene === undefined) throw new Error(vscode.l10n.t('This batch is no longer shown.'));
    const settings = { ...this.#scene.settings, ...tried };
    const [problem] = masksThatDoNotFit(settings);
    if (problem !== undefined) throw new Error(vscode.l10n.t('No masks: {0}.', problem));
    const { seed, batch_size, gradient_accumulation_steps, image_size, patch_size } = settings;
    const { mask_sample_probability, mask_ratio_min_max } = settings;
    const ofMasks = { image_size, patch_size, mask_sample_probability, mask_ratio_min_max };
    const answer = await this.parts.inspector.masks({
      settings: { seed, batch_size, gradient_accumulation_steps, ...ofMasks },
      step,
    });
    this.lastMasks = { ...answer, batchSize: batch_size, masks: exactBuffer(answer.masks) };
    return this.lastMasks;
  }

  /** What the network attends to in the part of the image that a crop is cut from, or in all of it. */
  showAttention(crop?: number): void {
    const image = this.#scene?.images[this.#lastPlace];
    if (image === undefined) return;
    const region = crop === undefined ? undefined : this.lastCrops?.records[crop]?.box;
    const { name, reference } = image;
    this.parts.attentionPanels.show({
      image: reference,
      name:
        region === undefined
          ? name
          : vscode.l10n.t(
              '{0}, {1} × {2} pixels at {3}, {4}',
              name,
              region.width,
              region.height,
              region.left,
              region.top,
            ),
      ...(region && { region }),
    });
  }

  #imageAt(place: number) {
    const image = this.#scene?.images[place];
    if (this.#scene === undefined || image === undefined)
      throw new Error(vscode.l10n.t('This image is no longer in the batch: choose another one.'));
    return { ...image, settings: this.#scene.settings };
  }

  async #use(tried: CropSettings): Promise<boolean> {
    if (this.#scene === undefined) return false;
    const file = await writeSettings(tried, this.#scene.source);
    if (file === undefined) return false;
    if (this.shown.kind === 'image') {
      this.sourceId = configSourceId(file.fsPath);
      await this.#tellSubject();
    }
    return true;
  }
}

type SubjectContents = Omit<Subject, 'shown' | 'title'>;

/** The batch of the step that a live run makes, or of the last one that a run made. */
function batchOf({ summary }: ListedRun): Subject['batch'] {
  const batchesPerEpoch = summary.run?.record.totals.stepsPerEpoch ?? 0;
  if (batchesPerEpoch === 0) return undefined;
  const isAtIt = isLive(summary) && summary.step < summary.totalSteps;
  const made = isAtIt ? summary.step : Math.max(0, summary.step - 1);
  return {
    step: made + 1,
    epoch: Math.floor(made / batchesPerEpoch),
    iteration: made % batchesPerEpoch,
    batchesPerEpoch,
    isLive: isAtIt,
  };
}

/** A ResNet takes crops of any size. */
const sizeStep = ({ arch, patch_size }: Settings): number => (arch === 'vit' ? patch_size : 1);

const meaningOfMasks = (settings: Settings): Subject['masks'] => {
  if (settings.method !== 'dinov2') return 'none';
  return isDistilled(settings) ? 'compared' : 'hidden';
};

const cropSettings = (settings: Settings): CropSettings => ({
  global_crops_scale: settings.global_crops_scale,
  image_size: settings.image_size,
  local_crops_number: settings.local_crops_number,
  local_crops_scale: settings.local_crops_scale,
  local_size: settings.local_size,
  blur_radius: settings.blur_radius,
  jitter_strength: settings.jitter_strength,
  solarize_probability: settings.solarize_probability,
  mask_sample_probability: settings.mask_sample_probability,
  mask_ratio_min_max: settings.mask_ratio_min_max,
});
