/** Groups of what is alike, for any threshold: single linkage, in which what is like one member of a group belongs to it. */

/** Two that are joined, by their numbers. */
export interface Link {
  readonly one: number;
  readonly other: number;
  readonly similarity: number;
}

export interface Group {
  /** Ascending; at least two. Each is like another, but not like all. */
  readonly members: readonly number[];
  /** The lowest similarity that joins two of them. */
  readonly similarity: number;
}

/**
 * The groups at a threshold, the largest first, of equal ones that with the smallest number.
 * @param links of a maximum spanning tree or forest: these alone tell the groups of every threshold
 * @param least the similarity from which on two belong together
 */
export function groupsAt(links: readonly Link[], least: number): Group[] {
  const parents = new Map<number, number>();
  const rootOf = (member: number): number => {
    let root = member;
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root)) {
      // Each look makes the way shorter for the next.
      const above = parents.get(parent) ?? parent;
      parents.set(root, above);
      root = above;
    }
    return root;
  };
  const weakest = new Map<number, number>();
  for (const { one, other, similarity } of links) {
    if (similarity < least) continue;
    const [a, b] = [rootOf(one), rootOf(other)];
    const [kept, joined] = a < b ? [a, b] : [b, a];
    parents.set(kept, kept);
    parents.set(joined, kept);
    weakest.set(kept, Math.min(similarity, ...[a, b].map((root) => weakest.get(root) ?? similarity)));
  }
  const members = new Map<number, number[]>();
  for (const member of parents.keys()) {
    const root = rootOf(member);
    const group = members.get(root) ?? [];
    group.push(member);
    members.set(root, group);
  }
  return [...members]
    .map(([root, group]) => ({ members: group.sort((a, b) => a - b), similarity: weakest.get(root) ?? least }))
    .sort((a, b) => b.members.length - a.members.length || (a.members[0] ?? 0) - (b.members[0] ?? 0));
}
