/** What the host has told: the networks, the images, and where each checkpoint puts them. */
import type { Images, OfferedNetwork, Subject } from '../../src/protocol/embeddingPanel.js';
import type { Coloring } from './coloring.js';
import { state } from './state.js';

class Shown {
  subject: Subject | undefined;
  images: Images | undefined;
  /** Index in the classes of each image, -1: none. */
  labels = new Int32Array();
  /** Fitted to the plot, by checkpoint. */
  readonly layouts = new Map<string, Float32Array>();
  /** The checkpoint whose points move. */
  moving: string | undefined;
  coloring: Coloring | undefined;

  /** Of the network that is shown. */
  get checkpoints(): OfferedNetwork['checkpoints'] {
    const network = this.subject?.begun?.network ?? state.value.choice.network;
    return this.subject?.networks.find(({ id }) => id === network)?.checkpoints ?? [];
  }

  /** The checkpoint that is shown, or was last. */
  get checkpoint(): string | undefined {
    const id = this.checkpoints[Math.round(state.value.place ?? 0)]?.id;
    return id !== undefined && this.layouts.has(id) ? id : [...this.layouts.keys()].at(-1);
  }

  /** From the one that is there backwards, so that each is laid out from its neighbor. */
  get missing(): string[] {
    const order = this.checkpoints.map(({ id }) => id);
    return order.reverse().filter((id) => !this.layouts.has(id));
  }

  get count(): number {
    return this.images?.names.length ?? 0;
  }

  get areFiles(): boolean {
    return this.images?.areFiles ?? false;
  }

  nameOf(image: number): string {
    return this.images?.names[image] ?? '';
  }

  /** '' where it has none. */
  classOf(image: number): string {
    return this.images?.classes[this.labels[image] ?? -1] ?? '';
  }
}

export const shown = new Shown();
