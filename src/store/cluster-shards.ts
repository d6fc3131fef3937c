import { hash } from 'node:crypto';

/**
 * Of `shards` shards the one that a course is on, from 0 on: the one whose number and the course key have the greatest
 * hash. So one shard more takes its share of courses from all the others, and between those nothing moves.
 */
export function shardOf(courseId: string, shards: number): number {
  if (shards === 1) return 0;
  const ranks = Array.from({ length: shards }, (_, shard) => hash('sha256', `${courseId} ${shard}`, 'hex'));
  return ranks.indexOf(ranks.reduce((greatest, rank) => (rank > greatest ? rank : greatest)));
}

/** The condition on `course_id` that a course is on the shard. */
export function isOnShardSql(shard: number, shards: number): string {
  if (shard >= shards) return 'false';
  if (shards === 1) return 'true';
  return `arrayReduce('argMax', range(${shards}), arrayMap(shard -> SHA256(concat(ifNull(course_id, ''), ' ', toString(shard))), range(${shards}))) = ${shard}`;
}
