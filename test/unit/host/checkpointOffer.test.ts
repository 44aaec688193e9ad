import { describe, expect, it, vi } from 'vitest';
import { CheckpointOffer } from '../../../src/host/checkpointOffer.js';
import type { CheckpointSourceParts } from '../../../src/host/checkpointSources.js';

class Event {
  readonly #listeners = new Set<() => void>();
  readonly on = (listener: () => void) => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A panel, and what it can be offered: imports, with a choice among them. */
function offering() {
  const events = { choice: new Event(), runsView: new Event(), imports: new Event(), runs: new Event() };
  const imported: { path: string; name: string; record: object }[] = [];
  const parts = {
    choice: { path: undefined, onDidChange: events.choice.on },
    runsView: { selected: undefined, onDidSelect: events.runsView.on },
    imports: { all: imported, onDidChange: events.imports.on },
    runs: { runs: [], onDidChange: events.runs.on },
  } as unknown as CheckpointSourceParts;
  const panel = { shown: true };
  const tell = vi.fn(() => void offer.take());
  const offer: CheckpointOffer = new CheckpointOffer(parts, { isVisible: () => panel.shown, tell });
  const add = (path: string) => imported.push({ path, name: path, record: {} });
  return { events, add, panel, tell, offer };
}

describe('The checkpoints that a panel offers', () => {
  it.each(['imports', 'runs', 'runsView'] as const)('are told again when %s bring other ones, and only then', (who) => {
    const { events, add, tell, offer } = offering();
    events[who].fire();
    expect(tell).not.toHaveBeenCalled();
    add('/weights');
    events[who].fire();
    events[who].fire();
    expect(tell).toHaveBeenCalledTimes(1);
    expect(offer.sources.map(({ id }) => id)).toEqual(['/weights']);
  });

  it('are told after every choice: it may be the same as before, and the page show another', () => {
    const { events, tell } = offering();
    events.choice.fire();
    events.choice.fire();
    expect(tell).toHaveBeenCalledTimes(2);
  });

  it('are not told while the panel is hidden', () => {
    const { events, add, panel, tell } = offering();
    panel.shown = false;
    add('/weights');
    events.imports.fire();
    expect(tell).not.toHaveBeenCalled();
  });

  it('are those that a question may be about', () => {
    const { events, add, offer } = offering();
    expect(() => offer.require('/weights')).toThrow('This checkpoint no longer exists: choose another one.');
    add('/weights');
    events.imports.fire();
    expect(() => offer.require('/weights')).not.toThrow();
    offer.dispose();
    add('/others');
    events.imports.fire();
    expect(offer.has('/others')).toBe(false);
  });
});
