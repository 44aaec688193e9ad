/** Videos whose masks are carried on from the first frame, one after the other: each wants the whole processor. */
import { readImage } from '../data/image.js';
import { shownImage } from '../data/shownImage.js';
import { chooseEngine } from '../engines/choose.js';
import { Turns } from '../engines/turns.js';
import { errorMessage } from '../errors/errorMessage.js';
import { isBlackAndWhite, labelPng, readLabels, whiteAsObject } from '../evaluation/segmentation/labelImage.js';
import { davisScore, type FrameScore, objectsOf, scoreFrame, sequenceScore } from '../evaluation/video/davis.js';
import { DAVIS_SETTINGS } from '../evaluation/video/propagate.js';
import { Tracker } from '../evaluation/video/track.js';
import { videosIn } from '../evaluation/video/videoFolder.js';
import type { SearchedImage } from '../protocol/imageSearchWork.js';
import type { SegmentedFrame, SegmentVideoAnswer, SegmentVideoRequest, Video } from '../protocol/videoWork.js';
import { loadNetwork } from '../runs/network.js';

export class Videos {
  readonly #turns = new Turns();

  /** @param say takes a frame as soon as its mask is known */
  constructor(private readonly say: (frame: SegmentedFrame) => void) {}

  /** @throws Error with one sentence */
  async videosIn({ path, mask }: { readonly path: string; readonly mask?: string }): Promise<{ videos: Video[] }> {
    return { videos: await videosIn(path, mask) };
  }

  /** @throws Error with one sentence; the reason of `stop` when it aborts */
  segment(request: SegmentVideoRequest, stop: AbortSignal): Promise<SegmentVideoAnswer> {
    return this.#turns.take(() => this.#segment(request, stop), stop);
  }

  async #segment(
    { id, video, checkpoint, numHeads, shortSide }: SegmentVideoRequest,
    signal: AbortSignal,
  ): Promise<SegmentVideoAnswer> {
    const { palette, objects } = await firstMask(video);
    const network = await loadNetwork(checkpoint, { ...(numHeads !== undefined && { numHeads }) });
    const engine = await chooseEngine('auto');
    const notes = [...network.notes];
    const warn = (message: string) => void notes.push(message);
    const tracker = new Tracker({ network, engine, signal, warn }, { ...DAVIS_SETTINGS, shortSide });
    const hasTruth = video.annotations.length === video.frames.length;
    const scored: FrameScore[][] = [];
    let index = 0;
    try {
      await tracker.track(video, ({ size, labels, truth }) => {
        const scores = hasTruth && truth !== undefined ? scoreFrame(labels, truth, objects, size) : undefined;
        if (scores !== undefined) scored.push(scores);
        const mask = labelPng({ ...size, labels, ...(palette && { palette }) });
        this.say({ id, index: index++, mask, ...(scores && { scores }) });
      });
    } finally {
      await tracker.dispose();
    }
    // The benchmark counts neither the first nor the last frame.
    const counted = scored.slice(1, -1);
    if (counted.length === 0) return { checkpointName: network.name, notes };
    const { regions, contours } = davisScore([sequenceScore(counted)]);
    return { checkpointName: network.name, notes, whole: { region: regions.mean, contour: contours.mean } };
  }

  /** One after the other: large images take much memory. */
  async images({ paths, side }: { readonly paths: readonly string[]; readonly side: number }) {
    const images: (SearchedImage | string)[] = [];
    for (const path of paths) images.push(await frameOf(path, side));
    return { images };
  }
}

/** @throws Error with one sentence when nothing is to be followed */
async function firstMask({ name, annotations: [first] }: Video) {
  if (first === undefined) throw new Error(`The first frame of ${name} has no mask: choose a PNG of labels.`);
  const read = await readLabels(first);
  const { labels, palette } = isBlackAndWhite(read) ? whiteAsObject(read) : read;
  const objects = objectsOf(labels);
  if (objects === 0)
    throw new Error(
      `The mask ${first} marks no object: all its pixels are background. Give objects the labels 1, 2 and so on.`,
    );
  return { palette, objects };
}

async function frameOf(path: string, side: number): Promise<SearchedImage | string> {
  try {
    const image = await readImage(path, path, 3);
    return { ...shownImage(image, side), original: { width: image.width, height: image.height } };
  } catch (error) {
    return errorMessage(error);
  }
}
