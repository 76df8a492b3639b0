/** Rows of a table, however many in one statement; its text is the same for one as for a thousand. */
import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/** `rows`: all with the same columns; what they leave out gets the table's default. */
export async function insertRows<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly object[],
): Promise<void> {
  const { table, columns, given } = describe(tx, entity, rows);
  const into = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ property }) => `r."${property}"`).join(', ');
  await tx.query(`insert into ${table} (${into}) select ${values} from ${given}`, [JSON.stringify(rows)]);
}

/** Each found by its primary key. */
export async function updateRows<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly object[],
): Promise<void> {
  const { table, columns, given } = describe(tx, entity, rows);
  const set = columns.filter(({ isKey }) => !isKey).map(({ name, property }) => `${name} = r."${property}"`);
  const found = columns.filter(({ isKey }) => isKey).map(({ name, property }) => `t.${name} = r."${property}"`);
  const statement = `update ${table} t set ${set.join(', ')} from ${given} where ${found.join(' and ')}`;
  await tx.query(statement, [JSON.stringify(rows)]);
}

/** The same for rows that sweeps claim: saved, they are free for whatever is due on them next. */
export function updateClaimed<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly object[],
): Promise<void> {
  return updateRows(
    tx,
    entity,
    rows.map((row) => ({ ...row, claimedUntil: null })),
  );
}

/** The rows of these ids, which must be there. */
export function inOrder<T extends { id: string }>(ids: readonly string[], rows: readonly T[], what: string): T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    if (row === undefined) throw new Error(`there is no ${what} ${id}`);
    return row;
  });
}

function describe<T extends ObjectLiteral>(tx: EntityManager, entity: EntityTarget<T>, rows: readonly object[]) {
  const { metadata } = tx.getRepository(entity);
  const columns = Object.keys(rows[0] ?? {}).map((property) => {
    const column = metadata.findColumnWithPropertyName(property);
    if (column === undefined) throw new Error(`${metadata.tableName} has no column ${property}`);
    return { property, name: column.databaseName, type: String(column.type), isKey: column.isPrimary };
  });
  rows.forEach((row) => requireWhole(metadata.tableName, row, Object.keys(rows[0] ?? {})));
  const given = columns.map(({ property, type }) => `"${property}" ${type}`).join(', ');
  return { table: metadata.tableName, columns, given: `jsonb_to_recordset($1::jsonb) as r (${given})` };
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
