/** Rows written in one statement, however many, and what changes that share a transaction ask together. */
import { DataSource, type EntityManager } from 'typeorm';
import { NoticeEntity } from '../../src/subscriptions/notice.entity.js';
import { dataSourceOptions } from '../../src/platform/database.js';
import { insertRows, updateRows } from '../../src/platform/rows.js';
import { shareStatements, together } from '../../src/platform/together.js';
import { createDatabase, dropDatabases } from '../support/database.js';

let source: DataSource;
beforeAll(async () => {
  const options = dataSourceOptions(await createDatabase('rows'), 2);
  source = await new DataSource({ ...options, entities: [NoticeEntity] }).initialize();
  await source.query(`create table notices (id uuid primary key, subscription_id uuid not null, kind text not null,
    term_ends_at timestamptz(3), days_before integer, status text not null default 'planned', due_at timestamptz(3) not null,
    until timestamptz(3), content jsonb not null, given_at timestamptz(3), event_id uuid)`);
});
afterAll(async () => {
  await source.destroy();
  await dropDatabases();
});

function notice(n: number) {
  return {
    id: `0192f0c1-0000-7000-8000-00000000000${n}`,
    subscriptionId: '0192f0c1-0000-7000-8000-0000000000ff',
    kind: 'renewal_upcoming',
    termEndsAt: new Date('2027-03-01T10:00:00.123Z'),
    daysBefore: n,
    dueAt: new Date('2027-02-01T10:00:00.000Z'),
    until: null,
    content: { subject: `it's "${n}" – €`, amount: null },
  };
}

it('inserts and updates as many as are given, and leaves the others as they are', async () => {
  const { manager } = source;
  await insertRows(manager, NoticeEntity, [notice(1), notice(2), notice(3)]);
  const { id, ...same } = notice(2);
  await updateRows(manager, NoticeEntity, [{ id, status: 'due', givenAt: same.dueAt, content: { amount: 5 } }]);
  const rows = await manager.getRepository(NoticeEntity).find({ order: { id: 'asc' } });
  const stored = { status: 'planned', givenAt: null, eventId: null };
  expect(rows).toEqual([
    { ...stored, ...notice(1) },
    { ...stored, ...same, id, status: 'due', givenAt: same.dueAt, content: { amount: 5 } },
    { ...stored, ...notice(3) },
  ]);
});

it('refuses what the table has no column for, and values that JSON would make nothing of', async () => {
  const { id, ...rest } = notice(1);
  for (const row of [
    { id, shade: 'red' },
    { id, givenAt: new Date('never') },
    { id, daysBefore: NaN },
    { id, until: undefined },
  ]) {
    await expect(updateRows(source.manager, NoticeEntity, [row])).rejects.toThrow(/shade|no value/);
  }
  await expect(insertRows(source.manager, NoticeEntity, [notice(4), rest])).rejects.toThrow('another set of columns');
});

it('asks together what is asked of one kind in a shared transaction, each of its own', async () => {
  const asked: number[][] = [];
  const twice = (_: EntityManager, numbers: readonly number[]): Promise<number[]> => {
    asked.push([...numbers]);
    return Promise.resolve(numbers.map((n) => 2 * n));
  };
  await source.transaction(async (tx) => {
    expect(await Promise.all([1, 2].map((n) => together(tx, twice, n)))).toEqual([2, 4]);
    shareStatements(tx);
    const slow = async (n: number): Promise<number> => {
      for (let turns = 0; turns < n; turns += 1) await Promise.resolve();
      return together(tx, twice, await together(tx, twice, n));
    };
    expect(await Promise.all([3, 4, 5].map(slow))).toEqual([12, 16, 20]);
  });
  expect(asked).toEqual([[1], [2], [3, 4, 5], [6, 8, 10]]);
});
