import { AppError } from '../errors.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { pullMissing, removeAllForgotten } from './pull-rows.ts';

/**
 * Has a node asked again that lacks something, because those that have it are gone for good. What every node has it gets from others
 * first, so that nobody who was forgotten meanwhile is on it, and no key in force that was revoked. Broken off, it is done by running it again.
 * @throws AppError `usage` for a node that is not listed or lacks nothing, or where another of its shard has what it lacks; `store_unavailable`
 * where it does not answer
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
  const all = (first === undefined ? others : [first]).map(({ store }) => store);
  await pullMissing(node.store, { all, shard: [], whole: first !== undefined });
  await removeAllForgotten(node.store);
  await nodes.closeGaps(node, missed);
  node.recover();
}
