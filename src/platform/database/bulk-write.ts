/**
 * Statements that write rows of a table, however many at once. The rows travel as one JSON value, so the text is the same
 * for one row as for a thousand and is prepared once.
 */
import type { EntityManager, ObjectLiteral } from 'typeorm';

export type EntityClass<T extends ObjectLiteral> = new () => T;

/** Until when a poll has handed a row to a worker; no row is born claimed. */
const CLAIM = 'claimedUntil';

export interface Statement {
  text: string;
  values: unknown[];
}

/** `rows`: all with the same columns; what they leave out gets the table's default. */
export function insertStatement<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityClass<T>,
  rows: readonly Partial<T>[],
  conflict?: 'ignore',
): Statement {
  const { table, columns, given } = describe(manager, entity, rows);
  const into = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ property }) => `r."${property}"`).join(', ');
  const unless = conflict === 'ignore' ? ' on conflict do nothing' : '';
  return {
    text: `insert into ${table} (${into}) select ${values} from ${given}${unless}`,
    values: [JSON.stringify(rows)],
  };
}

/** Each found by its primary key. A claim ends when its row is saved. */
export function updateStatement<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityClass<T>,
  rows: readonly Partial<T>[],
): Statement {
  const { table, columns, given, freed } = describe(manager, entity, rows);
  const set = columns.filter(({ isKey }) => !isKey).map(({ name, property }) => `${name} = r."${property}"`);
  const found = columns.filter(({ isKey }) => isKey).map(({ name, property }) => `t.${name} = r."${property}"`);
  const text = `update ${table} t set ${[...set, ...freed].join(', ')} from ${given} where ${found.join(' and ')}`;
  return { text, values: [JSON.stringify(rows)] };
}

function describe<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityClass<T>,
  rows: readonly Partial<T>[],
) {
  const { metadata } = manager.getRepository(entity);
  // In one order, so that the same columns make the same statement.
  const all = Object.keys(rows[0] ?? {}).sort();
  rows.forEach((row) => requireWhole(metadata.tableName, row, all));
  const properties = all.filter((property) => property !== CLAIM);
  const columns = properties.map((property) => {
    const column = metadata.findColumnWithPropertyName(property);
    if (column === undefined) throw new Error(`${metadata.tableName} has no column ${property}`);
    return { property, name: column.databaseName, type: String(column.type), isKey: column.isPrimary };
  });
  const given = columns.map(({ property, type }) => `"${property}" ${type}`).join(', ');
  const claim = metadata.findColumnWithPropertyName(CLAIM);
  const freed = claim === undefined ? [] : [`${claim.databaseName} = null`];
  return { table: metadata.tableName, columns, given: `jsonb_to_recordset($1::jsonb) as r (${given})`, freed };
}

/** JSON would make nothing of it in silence. */
function requireWhole(table: string, row: object, properties: string[]): void {
  const values = row as Record<string, unknown>;
  const lost = Object.keys(row).length === properties.length ? properties.filter((one) => isLost(values[one])) : ['?'];
  if (lost.length > 0)
    throw new Error(`a row for ${table} has no value, or another set of columns: ${lost.join(', ')}`);
}

function isLost(value: unknown): boolean {
  return value === undefined || (value instanceof Date || typeof value === 'number' ? Number.isNaN(+value) : false);
}
