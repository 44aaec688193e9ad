/** A data kind that does not exist: spectra in a CSV file, one a line. Each view is the spectrum times a random gain. */

import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Modality, type ModalityTypes, UnreadableItemError } from '../../../src/data/modality.js';
import { cropStream, uniform } from '../../../src/data/randomness.js';

const FILE = 'spectra.csv';

interface Spectra extends ModalityTypes {
  readonly source: readonly string[];
  readonly item: readonly number[];
  readonly spec: { readonly sides: Readonly<Record<'globals' | 'locals', number>>; readonly locals: number };
  readonly settings: Readonly<Record<'image_size' | 'local_size' | 'local_crops_number' | 'in_chans', number>>;
  readonly kept: undefined;
}

export const spectra: Modality<Spectra> = {
  name: 'spectra',
  item: 'spectrum',

  recognizes: (path) =>
    stat(join(path, FILE)).then(
      (entry) => entry.isFile(),
      () => false,
    ),

  open: async (path) => {
    const file = resolve(path, FILE);
    const text = readFileSync(file, 'utf8').trim();
    return {
      modality: 'spectra',
      path: resolve(path),
      size: text.split('\n').length,
      classes: undefined,
      labelOf: () => undefined,
      nameOf: (index) => `line ${index + 1}`,
      fingerprint: text,
      stamp: text,
      leftOut: { endings: {}, others: [] },
      source: text.split('\n'),
      notes: [],
      classNote: undefined,
    };
  },

  views: ({ image_size, local_size, local_crops_number: locals, in_chans }) => {
    if (in_chans !== 1) throw new Error(`in_chans is ${in_chans}, but a spectrum has 1 channel.`);
    return {
      spec: { sides: { globals: image_size, locals: local_size }, locals },
      arrays: {
        globals: { views: 2, length: image_size ** 2 },
        locals: { views: locals, length: local_size ** 2 },
      },
    };
  },

  reader: (lines) => async (index) => {
    const values = (lines[index] ?? '').split(',').map(Number);
    if (values.some(Number.isNaN)) throw new UnreadableItemError(`line ${index + 1}`, 'it is not all numbers');
    return values;
  },

  cut: (values, { sides, locals }, { seed, epoch, index }, viewOf) => {
    for (let view = 0; view < 2 + locals; view++) {
      const [array, number] = view < 2 ? (['globals', view] as const) : (['locals', view - 2] as const);
      const into = viewOf(array, number);
      const gain = uniform(cropStream(seed, epoch, index, view), 0.5, 2);
      const step = values.length / sides[array] ** 2;
      for (let at = 0; at < into.length; at++) into[at] = gain * (values[Math.floor(at * step)] as number);
    }
  },
};
