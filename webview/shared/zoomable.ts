/** A frame whose view follows the hands: the wheel zooms at the pointer, a drag pans, a pinch does both. */
import { select } from 'd3-selection';
import { type D3ZoomEvent, ZoomTransform, zoom } from 'd3-zoom';
import { kept, type Point, pannedBy, type View, type ViewLimits, WHOLE, zoomedAt } from './view.js';

export interface ZoomableOptions extends ViewLimits {
  /** Whether a press there begins to pan. */
  readonly pans: (event: MouseEvent) => boolean;
  readonly onChange: (view: View) => void;
  /** The hands have come to rest. */
  readonly onRest: (view: View) => void;
}

/** A press that moves less is a click, in pixels. */
const CLICK_PX = 4;
const MIDDLE: Point = { x: 0.5, y: 0.5 };

export class Zoomable {
  #view: View = WHOLE;
  readonly #behavior = zoom<HTMLElement, unknown>();
  readonly #frame;

  constructor(
    private readonly element: HTMLElement,
    private readonly options: ZoomableOptions,
  ) {
    const { least, most, slack } = options;
    this.#behavior
      .scaleExtent([least, most])
      .clickDistance(CLICK_PX)
      .filter((event: MouseEvent) => event.type === 'wheel' || (!event.button && options.pans(event)))
      .constrain((transform) => this.#inPixels(kept(this.#inParts(transform), slack)))
      .on('zoom', ({ transform }: D3ZoomEvent<HTMLElement, unknown>) => {
        this.#view = this.#inParts(transform);
        options.onChange(this.#view);
      })
      .on('end', ({ sourceEvent }: D3ZoomEvent<HTMLElement, unknown>) => {
        if (sourceEvent) options.onRest(this.#view);
      });
    this.#frame = select(element).call(this.#behavior).on('dblclick.zoom', null);
    // The same part of the whole in a frame of another size.
    new ResizeObserver(() => this.#show()).observe(element);
  }

  get view(): View {
    return this.#view;
  }

  /** Shows this part without telling. */
  set(view: View): void {
    this.#view = view;
    this.#show();
  }

  /** @param at stays where it is in the frame */
  zoomBy(factor: number, at = MIDDLE): void {
    this.#become(zoomedAt(this.#view, factor, at, this.options));
  }

  /** @param by in sizes of the frame */
  panBy(by: Point): void {
    this.#become(pannedBy(this.#view, by, this.options));
  }

  reset(): void {
    this.#become(WHOLE);
  }

  #become(view: View): void {
    this.set(view);
    this.options.onChange(view);
    this.options.onRest(view);
  }

  /** Where the next turn of the wheel goes on from. */
  #show(): void {
    this.#frame.property('__zoom', this.#inPixels(this.#view));
  }

  #inPixels({ k, x, y }: View): ZoomTransform {
    return new ZoomTransform(k, x * this.element.clientWidth, y * this.element.clientHeight);
  }

  /** A hidden frame has no size. */
  #inParts({ k, x, y }: ZoomTransform): View {
    return { k, x: x / (this.element.clientWidth || 1), y: y / (this.element.clientHeight || 1) };
  }
}
