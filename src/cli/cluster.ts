import { AppError } from '../errors.ts';
import type { NodeStatus } from '../store/store.ts';
import { bringUpToDate } from './bring-up-to-date.ts';
import type { Command } from './command.ts';
import { parseDay } from './parse-day.ts';
import { tellCount } from './tell-count.ts';

const ACTIONS = 'grow, accept NODE, forget-node NODE, or nothing?';

export const cluster: Command = {
  summary: 'say how the nodes of a cluster stand, or spread the courses over shards that were added',
  usage: `learner-analytics cluster | cluster grow | cluster accept NODE | cluster forget-node NODE

  (nothing)           how each node stands
  grow                spreads the courses over all shards in CLICKHOUSE_CLUSTER, new ones too; they are answered meanwhile.
                      Broken off, it is done by running it again
  accept NODE         asks a node (host:port/database) again that lacks something, because those that have it are gone for
                      good; ingest the logs and import the roster again after that. Refused while another of its shard has it
  forget-node NODE    notes that a node is gone for good that CLICKHOUSE_CLUSTER does not have any more; nobody keeps note then of
                      what it misses, and should it come back it is taken for one that lacks everything
  --as-of DATE        the window ends before this day (default: with the current day, UTC)

docs/cluster.md says what happens when nodes come and go.`,
  options: { 'as-of': { type: 'string' } },
  async run(context, values, positionals) {
    const [action = 'status', node, ...rest] = positionals;
    const asOf = parseDay(values['as-of'], '--as-of');
    const { clickhouseCluster } = context.config;
    if (rest.length > 0 || (node !== undefined) !== (action === 'accept' || action === 'forget-node'))
      throw new AppError('usage', `${ACTIONS}\n\n${this.usage}`);
    if (clickhouseCluster === null) throw new AppError('usage', 'There is no cluster: CLICKHOUSE_CLUSTER is not set.');
    const store = await context.openStore();
    if (store.cluster === null) throw new AppError('usage', 'This store is one ClickHouse, and no cluster.');
    if (action === 'grow') {
      const grown = await store.cluster.grow(async () => bringUpToDate(context, store, { asOf }));
      const text = `Courses are spread over ${tellCount(grown.shards, 'shard')}; ${tellCount(grown.moved.length, 'was', 'were')} moved.`;
      return { json: grown, text };
    }
    if (action === 'accept' && node !== undefined) {
      await store.cluster.accept(node);
      return { json: { node }, text: `${node} is asked again. Ingest the logs and import the roster again.` };
    }
    if (action === 'forget-node' && node !== undefined) {
      await store.cluster.forget(node);
      return { json: { node }, text: `${node} is no node of the cluster any more.` };
    }
    if (action !== 'status') throw new AppError('usage', `${ACTIONS}\n\n${this.usage}`);
    const nodes = await store.cluster.status();
    const isWell = nodes.every(({ up, lacks, strays }) => up && !lacks && strays === 0);
    return { json: { nodes }, text: nodes.map(describe).join('\n'), exitCode: isWell ? 0 : 1 };
  },
};

function describe({ node, shard, inForce, up, fault, lacks, lost, strays }: NodeStatus): string {
  const state = up
    ? lost
      ? 'lacks what no node of its shard has: docs/cluster.md says how a shard that was lost is restored'
      : lacks
        ? 'lacks what it missed, until the next refresh'
        : 'is there'
    : (fault ?? 'does not answer');
  const next = inForce
    ? strays === 0
      ? ''
      : `; ${tellCount(strays, 'course')} to be moved, unless that is under way: learner-analytics cluster grow`
    : '; no courses yet: learner-analytics cluster grow';
  return `shard ${shard}  ${node}  ${state}${next}`;
}
