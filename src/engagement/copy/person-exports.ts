import type { SaveTarget } from '../../store/store.ts';
import { foldSql } from '../search-text.ts';
import { EACH_NUMBER_SQL, NUMBER_SQL } from '../snapshot-rows.ts';
import { PEOPLE_EXPORTS, PERSON_FIELDS } from './people-files.ts';

/** What is searched: username, name and e-mail, folded, a line each. */
const SEARCH_TEXT = ['username', "ifNull(name, '')", "ifNull(email, '')"].map(foldSql).join(" || '\\n' || ");

/** One of `PEOPLE_EXPORTS`, and how the engine tells it. */
interface PersonExport {
  readonly name: string;
  readonly sql: string;
  readonly format: SaveTarget['format'];
}

/**
 * What the engine tells of the persons of a snapshot, or of several snapshots, one after the other by their numbers.
 * @param where the condition for their rows of `learners`
 */
export function personExports(where: string, of: 'one' | 'several'): Record<keyof typeof PEOPLE_EXPORTS, PersonExport> {
  const from = `FROM learners WHERE ${where}`;
  const [first, number] = of === 'one' ? ['', NUMBER_SQL] : ['snapshot, ', EACH_NUMBER_SQL];
  const order = (by: string) => `SELECT toUInt32(number), toUInt32(key IS NULL), cityHash64(ifNull(key, ''))
    FROM (SELECT ${first}${number} AS number, ${by} AS key ${from})
    ORDER BY ${first}key NULLS LAST, number`;
  return {
    texts: {
      name: PEOPLE_EXPORTS.texts,
      sql: `SELECT ${SEARCH_TEXT} ${from} ORDER BY ${first}username`,
      format: 'RowBinary',
    },
    docs: {
      name: PEOPLE_EXPORTS.docs,
      sql: `SELECT ${PERSON_FIELDS.join(', ')} ${from} ORDER BY ${first}username`,
      format: 'JSONCompactEachRow',
    },
    nameOrder: { name: PEOPLE_EXPORTS.nameOrder, sql: order(foldSql('name')), format: 'RowBinary' },
    emailOrder: { name: PEOPLE_EXPORTS.emailOrder, sql: order('email'), format: 'RowBinary' },
  };
}
