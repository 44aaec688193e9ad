/**
 * The networks that a file of weights holds. Tools keep one or several, in dictionaries (`teacher`, `model_ema`, `state_dict`),
 * behind prefixes of the tensors' names (`module.teacher.backbone.`), or both: a network's name here is all of that, joined by
 * dots, without what only wraps it.
 */
import { entriesOf } from './pickle/values.js';
import { moduleState } from './torchModule.js';

export interface StoredNetwork {
  /** E.g. `teacher`, `state_dict.student`; empty when nothing stands around the network. */
  readonly name: string;
  /** Its values by their names within the backbone (`blocks.0.norm1.weight`), in the file's order. */
  readonly backbone: ReadonlyMap<string, unknown>;
  /** By their names within the projection head (`mlp.0.weight`), where there is one beside the backbone. */
  readonly head: ReadonlyMap<string, unknown>;
  /** The same of the patches' own head, DINOv2's `ibot_head`. */
  readonly patchHead: ReadonlyMap<string, unknown>;
  /** What stands before the backbone's names in its dictionary. */
  readonly prefix: string;
}

/** Deeper than any tool nests. */
const MAX_DEPTH = 12;
/** In one dictionary: each is held against the others. */
const MOST_NETWORKS = 64;
const WRAPPERS = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  'backbone',
  'wrapped_model',
  '_model',
  '_features',
]);
/** An optimizer's tensors, and gradients, have the names of a network's, too. */
const NO_NETWORKS = new Set(['optimizer', 'optimizers', 'optim', 'scheduler', 'grad', 'grads', 'gradients', 'exp']);

/**
 * All networks in a tree of dictionaries and lists, in the file's order.
 * @param firstTensor a tensor that each of them has, by its name within the backbone
 */
export function findNetworks(root: unknown, firstTensor: string): StoredNetwork[] {
  const networks: (StoredNetwork & { readonly path: readonly string[] })[] = [];
  for (const { dictionary, path } of dictionariesIn(root)) {
    for (const network of networksIn(dictionary, firstTensor)) {
      const parts = [...path, ...network.prefix.split('.').slice(0, -1)];
      if (parts.some((part) => wordsOf(part).some((word) => NO_NETWORKS.has(word)))) continue;
      networks.push({ ...network, path: parts, name: parts.filter((part) => !WRAPPERS.has(part)).join('.') });
    }
  }
  // Where names without their wrappers are the same, they keep them.
  const isUnique = (name: string) => networks.filter((other) => other.name === name).length === 1;
  return networks.map(({ path, name, ...network }) => ({ ...network, name: isUnique(name) ? name : path.join('.') }));
}

interface Dictionary {
  readonly dictionary: ReadonlyMap<unknown, unknown>;
  readonly path: readonly string[];
}

/** Each dictionary and each whole model in the tree, once: a file may nest and repeat them as it likes. */
export function* dictionariesIn(
  value: unknown,
  path: readonly string[] = [],
  seen = new Set<unknown>(),
): Generator<Dictionary> {
  if (path.length > MAX_DEPTH || seen.has(value)) return;
  const dictionary = moduleState(value) ?? entriesOf(value);
  if (!dictionary && !Array.isArray(value)) return;
  seen.add(value);
  if (dictionary) yield { dictionary, path };
  for (const [key, child] of dictionary ?? (value as readonly unknown[]).entries())
    if (typeof child === 'object' && child !== null) yield* dictionariesIn(child, [...path, String(key)], seen);
}

/** The networks whose tensors lie in one dictionary. */
function networksIn(
  dictionary: ReadonlyMap<unknown, unknown>,
  firstTensor: string,
): Pick<StoredNetwork, 'prefix' | 'backbone' | 'head' | 'patchHead'>[] {
  const names = [...dictionary.keys()].filter((key) => typeof key === 'string');
  const prefixes = names
    .filter((name) => `.${name}`.endsWith(`.${firstTensor}`))
    .map((name) => name.slice(0, -firstTensor.length));
  if (prefixes.length > MOST_NETWORKS)
    throw new Error(`it holds ${prefixes.length} networks, more than any tool keeps`);
  return prefixes.map((prefix) => {
    const others = prefixes.filter((other) => other !== prefix && other.startsWith(prefix));
    const behind = (start: string) =>
      new Map(
        names
          .filter((name) => name.startsWith(start) && !others.some((other) => name.startsWith(other)))
          .map((name) => [name.slice(start.length), dictionary.get(name)]),
      );
    const head = headsOf(prefix).find((head) => names.some((name) => name.startsWith(head)));
    const own = patchHeadOf(prefix);
    return {
      prefix,
      backbone: behind(prefix),
      head: head === undefined ? new Map() : behind(head),
      patchHead: own === undefined ? new Map() : behind(own),
    };
  });
}

/** What the names of a projection head begin with beside a backbone: DINO's, DINOv2's, lightly's, solo-learn's, lightly-train's. */
function headsOf(prefix: string): string[] {
  const [, around, role = ''] = /^(|.*\.)(student_|teacher_|momentum_|)backbone\.(?:vit\.)?$/s.exec(prefix) ?? [];
  if (around !== undefined) return ['head.', 'dino_head.', 'projection_head.'].map((head) => `${around}${role}${head}`);
  const [, outer, whose] = /^(|.*\.)(student|teacher)_embedding_model\./s.exec(prefix) ?? [];
  return outer === undefined ? [] : [`${outer}${whose}_projection_head.`];
}

/** As DINOv2 has it, and its runs here. */
const patchHeadOf = (prefix: string): string | undefined =>
  /^(?:.*\.)?backbone\.$/s.test(prefix) ? prefix.replace(/backbone\.$/, 'ibot_head.') : undefined;

/** The order of {@link chooseNetwork}: words that tools have for the average of a network over its training, the best first. */
const AVERAGED = ['teacher', 'ema', 'averaged', 'average', 'avg', 'swa', 'shadow', 'target', 'momentum', 'key', 'k'];
/** Words for the network that was trained where there is an average of it. */
const TRAINED = new Set(['student', 'online', 'query', 'q', 'source']);

/** The lower, the better. */
function rankOf({ name }: Pick<StoredNetwork, 'name'>): number {
  const words = wordsOf(name);
  const average = AVERAGED.findIndex((word) => words.includes(word));
  if (average >= 0) return average;
  return AVERAGED.length + (words.some((word) => TRAINED.has(word)) ? 1 : 0);
}

/** Whether its name says that it is one of a pair. */
export const isOneOfPair = (network: Pick<StoredNetwork, 'name'>): boolean => rankOf(network) !== AVERAGED.length;

/**
 * The rule for a file with several networks: the average over the training (a teacher, an EMA, a momentum encoder, a target
 * network) wherever there is one, because its features are the better ones; else the one that is not called a student, an online
 * or a query network; of equals the one that the file has first.
 * @param wanted a network's name, or a part of it that no other network's name has: it is taken instead
 * @throws Error that lists the names, when none is the wanted one
 */
export function chooseNetwork<T extends Pick<StoredNetwork, 'name'>>(
  networks: readonly [T, ...T[]],
  wanted: string | undefined,
  path: string,
): T {
  if (wanted === undefined) return networks.reduce((best, other) => (rankOf(other) < rankOf(best) ? other : best));
  const named = networks.filter((network) => network.name === wanted || nameForPeople(network) === wanted);
  const partly = networks.filter(({ name }) => name.split('.').includes(wanted));
  const [chosen] = named.length > 0 ? named : partly.length === 1 ? partly : [];
  if (chosen) return chosen;
  const names = networks.map(nameForPeople).join(', ');
  throw new Error(`${path} has no network ${wanted}: it holds ${names}.`);
}

export const nameForPeople = ({ name }: Pick<StoredNetwork, 'name'>): string => name || 'one network without a name';

/** `momentumEncoder.model_ema` gives momentum, encoder, model, ema. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
