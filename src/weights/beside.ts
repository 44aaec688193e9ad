/** What stands beside a backbone in files of weights. */

/** Stand in for patches that are masked in training; without masks nothing reads them. */
const UNUSED = new Set(['mask_token', 'masked_embed', 'embeddings.mask_token']);
/** Modules that take the backbone's features, by a word of their names: classifiers, projectors, decoders. */
const BESIDE_WORDS =
  /^(?:head|heads|classifier|decoder|projector|projection|predictor|prototype|prototypes|criterion|loss|pooler)$/;
/** The same, by the whole name; and what training keeps beside the network. */
const BESIDE =
  /^(?:fc|linear|last_layer|center|queue|queue_ptr|queue_labels|logit_scale|logit_bias|temperature|n_averaged|num_updates|global_step|epoch)$/;

/** Whether a tensor beside the network's own may stay unread, because no feature depends on it. */
export function isBeside(name: string): boolean {
  const [module = ''] = name.split('.');
  return UNUSED.has(name) || BESIDE.test(module) || module.split('_').some((word) => BESIDE_WORDS.test(word));
}
