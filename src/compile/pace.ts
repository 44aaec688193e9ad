/** Keeps an engine that runs whatever is ready from running it long before it is needed, which would fill the memory. */
import type { Node, Value } from './graph.js';

/** A node whose inputs were all there this many places before its own in the recorded order would run too early. */
const EARLY = 64;
/** Such a node waits for one about this many places before it: near enough to save memory, far enough to keep all threads busy. */
const AHEAD = 32;

/** Engines join these with what follows them, which they cannot do where another node waits for one of them. */
const JOINED: ReadonlySet<string> = new Set(['Linear', 'BatchMatMul', 'Add']);

/**
 * The nodes that have to wait, and the node that each waits for.
 *
 * The recorded order, in which a program's author says what comes after what, takes little memory: the teacher before the student, a
 * weight's folding right before its use. An engine that takes from the front of a queue of ready nodes folds the weights of all blocks
 * first and makes all passes side by side: for a step of ViT-S/16 (2x224 + 8x96, batch 4) that is 1.8 GB beside the state, not 1.3.
 */
export function paceOf(nodes: readonly Node[]): ReadonlyMap<Node, Node> {
  const places = new Map<Value, number>();
  const waits = new Map<Node, Node>();
  nodes.forEach((node, place) => {
    const ready = Math.max(-1, ...node.inputs.map((value) => places.get(value) ?? -1));
    if (place - ready > EARLY) {
      const before = lastLoneNode(nodes, place - AHEAD);
      if (before !== undefined) waits.set(node, before);
    }
    for (const output of node.outputs) places.set(output, place);
  });
  return waits;
}

/** The last node, up to this place, that engines do not join with others. */
function lastLoneNode(nodes: readonly Node[], from: number): Node | undefined {
  let place = from;
  while (JOINED.has(nodes[place]?.op ?? '')) place--;
  return nodes[place];
}
