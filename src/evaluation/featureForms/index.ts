import type { FeatureForm } from './form.js';
import { npy } from './npy.js';
import { parquet } from './parquet.js';
import { safetensors } from './safetensors.js';
import { csv, tsv } from './table.js';

/** A new form of files is added here. */
export const FEATURE_FORMS: readonly FeatureForm[] = [npy, csv, tsv, safetensors, parquet];

/** @throws Error when the name says no form that features are written in */
export function featureFormOf(file: string): FeatureForm {
  const form = FEATURE_FORMS.find(({ ending }) => file.toLowerCase().endsWith(ending));
  if (form === undefined) {
    const endings = FEATURE_FORMS.map(({ ending }) => ending);
    throw new Error(
      `${file} must end in ${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}, which says in which form features are written.`,
    );
  }
  return form;
}
