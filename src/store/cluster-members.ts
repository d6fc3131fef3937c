/** An entry of the table `cluster_nodes`: a node that a cluster has or had, whoever lists it. */
export interface Member {
  readonly node: string;
  /** From 0 on. */
  readonly shard: number;
  /** Odd: it is of the cluster; even: it is gone for good. The greatest counts. */
  readonly entry: number;
}

/** By name. */
export type Members = ReadonlyMap<string, Member>;

/** What any of these knows. */
export function mergeMembers(lists: ReadonlyArray<Iterable<Member>>): Members {
  const members = new Map<string, Member>();
  for (const member of lists.flatMap((list) => [...list]))
    if (member.entry > (members.get(member.node)?.entry ?? 0)) members.set(member.node, member);
  return members;
}

/** Whether the last entry of a node, if it has one, says that it is of the cluster. */
export function isMember({ entry }: Pick<Member, 'entry'> = { entry: 0 }): boolean {
  return entry % 2 === 1;
}

/** The next entry of a node: that it is of the cluster where it was not, or that it is gone where it was. */
export function createEntry(
  members: Members,
  { name, shard }: { readonly name: string; readonly shard: number },
): Member {
  return { node: name, shard, entry: (members.get(name)?.entry ?? 0) + 1 };
}
