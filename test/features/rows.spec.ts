/** Rows: found, inserted and updated, one or many in one statement; and what a batch context makes of many calls. */
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { NoticeEntity } from '../../src/subscriptions/notice.entity.js';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { BatchContext } from '../../src/platform/database/batch-context.js';
import { createDatabase, dropDatabases } from '../support/database.js';
import { Tx } from '../../src/platform/database/tx.js';

@Entity('cases')
class Claimed {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  words: string;

  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}

let source: DataSource;
beforeAll(async () => {
  const options = dataSourceOptions(await createDatabase('rows'), 2);
  source = await new DataSource({ ...options, entities: [NoticeEntity, Claimed] }).initialize();
  await source.query(`create table notices (id uuid primary key, subscription_id uuid not null, kind text not null,
    term_ends_at timestamptz(3), days_before integer, status text not null default 'planned', due_at timestamptz(3) not null,
    until timestamptz(3), content jsonb not null, given_at timestamptz(3), event_id uuid)`);
  await source.query('create table cases (id uuid primary key, words text, claimed_until timestamptz)');
});
afterAll(async () => {
  await source.destroy();
  await dropDatabases();
});

function notice(n: number): Partial<NoticeEntity> & { id: string; dueAt: Date } {
  return {
    id: `0192f0c1-0000-7000-8000-00000000000${n}`,
    subscriptionId: '0192f0c1-0000-7000-8000-0000000000ff',
    kind: 'renewal_upcoming',
    termEndsAt: new Date('2027-03-01T10:00:00.123Z'),
    daysBefore: n,
    dueAt: new Date('2027-02-01T10:00:00.000Z'),
    until: null,
    content: { subject: `it's "${n}" – €`, amount: null } as NoticeEntity['content'],
  };
}

it('inserts and updates as many as are given, and leaves the others as they are', async () => {
  const tx = new Tx(source.manager);
  await tx.insert(NoticeEntity, [notice(1), notice(2), notice(3)]);
  const { id, ...same } = notice(2);
  await tx.update(NoticeEntity, { id, status: 'due', givenAt: same.dueAt, content: { amount: 5 } as never });
  const rows = await tx.find(NoticeEntity, {}, { order: { id: 'asc' } });
  const stored = { status: 'planned', givenAt: null, eventId: null };
  expect(rows).toEqual([
    { ...stored, ...notice(1) },
    { ...stored, ...same, id, status: 'due', givenAt: same.dueAt, content: { amount: 5 } },
    { ...stored, ...notice(3) },
  ]);
  await tx.insert(NoticeEntity, [{ ...notice(1), daysBefore: 40 }], 'ignore');
  expect(await tx.byId(NoticeEntity, notice(1).id)).toMatchObject({ daysBefore: 1 });
  expect(await tx.byId(NoticeEntity, notice(9).id)).toBeNull();
  await expect(tx.requireById(NoticeEntity, notice(9).id)).rejects.toThrow('there is no NoticeEntity');
});

it('refuses what the table has no column for, and values that JSON would make nothing of', async () => {
  const tx = new Tx(source.manager);
  const { id, ...rest } = notice(1);
  for (const row of [
    { id, shade: 'red' },
    { id, givenAt: new Date('never') },
    { id, daysBefore: NaN },
    { id, until: undefined },
  ]) {
    await expect(tx.update(NoticeEntity, row as never)).rejects.toThrow(/shade|no value/);
  }
  await expect(tx.insert(NoticeEntity, [notice(4), rest])).rejects.toThrow('another set of columns');
});

it('a claim ends when its row is saved, whatever the row says of it', async () => {
  const tx = new Tx(source.manager);
  const id = notice(1).id;
  const claim =
    "update cases set claimed_until = now() + interval '1 hour' where id = $1 returning claimed_until as at";
  await tx.execute('insert into cases (id, words) values ($1, $2)', [id, 'before']);
  const [claimed] = await tx.query<{ at: Date }>(claim, [id]);
  await tx.update(Claimed, { id, words: 'after', claimedUntil: claimed!.at });
  expect(await tx.byId(Claimed, id)).toEqual({ id, words: 'after', claimedUntil: null });
});

describe('in a batch context', () => {
  it('what is asked of one kind is asked together, each of its own', async () => {
    const asked: number[][] = [];
    const twice = (_: Tx, numbers: readonly number[]): Promise<number[]> => {
      asked.push([...numbers]);
      return Promise.resolve(numbers.map((n) => 2 * n));
    };
    const slow =
      (tx: Tx) =>
      async (n: number): Promise<number> => {
        for (let turns = 0; turns < n; turns += 1) await Promise.resolve();
        return tx.together(twice, await tx.together(twice, n));
      };
    await Promise.all([1, 2].map((n) => new Tx(source.manager).together(twice, n)));
    expect(await Promise.all([3, 4, 5].map(slow(new Tx(source.manager, new BatchContext()))))).toEqual([12, 16, 20]);
    expect(asked).toEqual([[1], [2], [3, 4, 5], [6, 8, 10]]);
  });

  it('rows of one table are read and written in one statement each', async () => {
    const statements: string[] = [];
    await source.transaction(async (manager) => {
      const { queryRunner } = manager;
      const ask = queryRunner!.query.bind(queryRunner);
      queryRunner!.query = (text: string, ...rest: never[]) => {
        statements.push(text.split(' ').slice(0, 3).join(' '));
        return ask(text, ...rest);
      };
      const tx = new Tx(manager, new BatchContext());
      await Promise.all(
        [5, 6, 7].map(async (n) => {
          await tx.insert(NoticeEntity, notice(n));
          const read = await tx.requireById(NoticeEntity, notice(n).id, 'wait');
          await tx.update(NoticeEntity, { ...read, daysBefore: 10 * n });
        }),
      );
    });
    const made = ['insert into notices', expect.stringMatching(/^SELECT/), 'update notices t', 'COMMIT'];
    expect(statements).toEqual(made);
    const days = await new Tx(source.manager).query(
      'select days_before as n from notices where days_before > 9 order by 1',
    );
    expect(days).toEqual([{ n: 50 }, { n: 60 }, { n: 70 }]);
  });
});
