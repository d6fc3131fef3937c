import { AppError } from '../errors.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { pullMissing, removeAllForgotten } from './pull-rows.ts';

/**
 * Has a node asked again that lacks something, because those that have it are gone for good. What others have it gets first, also from those
 * of its shard that lack something themselves: nobody who was forgotten meanwhile is on it then, and no key in force that was revoked. Broken
 * off, it is done by running it again.
 * @throws AppError `usage` for a node that is not listed or lacks nothing, or where another of its shard has what it lacks; `store_unavailable`
 * where it does not answer, or one of another shard does not that may have what no other node has
 */
export async function acceptNode(nodes: ClusterNodes, name: string): Promise<void> {
  const { up, gaps } = await nodes.look();
  const node = nodes.own.find((each) => each.name === name);
  if (node === undefined) {
    const names = nodes.own.map((each) => each.name).join(', ');
    throw new AppError('usage', `There is no node ${name}; there are ${names}.`);
  }
  const missed = gaps.get(node);
  if (missed === undefined) throw new AppError('usage', `${name} lacks nothing that is known of.`);
  const others = nodes.own.filter((each) => each !== node && up.has(each));
  const whole = others.filter((each) => !gaps.has(each));
  const source = whole.find(({ shard }) => shard === node.shard);
  if (source !== undefined) {
    throw new AppError(
      'usage',
      `${source.name} has what ${name} lacks: "learner-analytics refresh" brings it that, once it answers.`,
    );
  }
  if (!up.has(node)) throw new AppError('store_unavailable', `${name} does not answer.`);
  const [first] = whole;
  const away = nodes.own.filter((each) => each.shard !== node.shard && !up.has(each)).map((each) => each.name);
  if (first === undefined && away.length > 0) {
    throw new AppError(
      'store_unavailable',
      `${away.join(', ')} may have what every node has and ${name} lacks, and does not answer: docs/cluster.md says what to do where it is gone for good.`,
    );
  }
  const sources = first === undefined ? others : [first];
  await pullMissing(node.store, {
    all: sources.map(({ store }) => store),
    shard: others.filter(({ shard }) => shard === node.shard).map(({ store }) => store),
    whole: first !== undefined,
  });
  await removeAllForgotten(node.store);
  // should one come back that has what is given up here, it lacks what is done from now on
  await nodes.noteGaps(
    nodes.own.filter((each) => each.shard === node.shard && !up.has(each)),
    true,
  );
  await nodes.closeGaps(node, missed);
  node.recover();
}
