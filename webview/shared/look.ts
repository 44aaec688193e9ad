/** An image as a network sees it: what the host has answered, and the maps that are drawn over the image. */
import { type Activations, activationNorms, activationSimilarities } from '../../src/attention/activations.js';
import { headMap } from '../../src/attention/attentionMaps.js';
import type { ImageMap } from '../../src/attention/imageMap.js';
import { attentionOf, type QueriesAndKeys } from '../../src/attention/queriesAndKeys.js';
import type { Answer } from '../../src/protocol/attentionPanel.js';

type Told<K extends Answer['kind'], Tensors> = Omit<Extract<Answer, { kind: K }>, keyof Tensors | 'image'> &
  Tensors & { readonly image: Uint8Array };
/** By one block of a Vision Transformer. */
export type AttentionLook = Told<'attention', QueriesAndKeys>;
/** By the last stage of a network without attention. */
type ActivationsLook = Told<'activations', Activations>;
export type Look = AttentionLook | ActivationsLook;

export function lookOf(answer: Answer): Look {
  const image = new Uint8Array(answer.image);
  switch (answer.kind) {
    case 'attention': {
      const { queries, keys } = answer;
      return { ...answer, image, queries: new Float32Array(queries), keys: new Float32Array(keys) };
    }
    case 'activations':
      return { ...answer, image, activations: new Float32Array(answer.activations) };
  }
}

/**
 * The map of each head; without attention it is the same for all.
 * @param place whose attention, or what is compared with all other places, by its index in reading order; undefined: the attention of the
 *   CLS token, or the norms of the activations. A head that the network lacks stands for the mean.
 * @param register whose attention, instead of the CLS token's, without a place; one that the network lacks counts as none
 */
export function mapsOf(look: Look, place: number | undefined, register?: number): (head: number | 'mean') => ImageMap {
  switch (look.kind) {
    case 'attention': {
      const whole = register === undefined || register >= look.registers ? 'cls' : { register };
      const maps = { ...look, attention: attentionOf(look, place ?? whole) };
      return (head) => headMap(maps, head !== 'mean' && head >= look.heads ? 'mean' : head);
    }
    case 'activations': {
      const values = place === undefined ? activationNorms(look) : activationSimilarities(look, place);
      return () => ({ ...look, values });
    }
  }
}
