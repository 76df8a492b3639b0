/**
 * The one way to rows. `Tx` is a transaction, or outside of one the pool for reads that decide nothing. Rows are plain
 * objects in the shape of their entity: found, locked, inserted and updated, one or many, in one statement a table. In a
 * batch context the same calls of several changes share their statements. What works on whole sets is SQL, by `query`.
 */
import type {
  EntityManager,
  FindOptionsOrder,
  FindOptionsSelect,
  FindOptionsWhere,
  ObjectLiteral,
  QueryRunner,
} from 'typeorm';
import { Any } from 'typeorm';
import type { AskMany, BatchContext } from './batch-context.js';
import { insertStatement, updateStatement, type EntityClass } from './bulk-write.js';

type Where<T> = FindOptionsWhere<T> | FindOptionsWhere<T>[];

export interface Found<T> {
  order?: FindOptionsOrder<T>;
  take?: number;
  /** Only these columns; the others are not there. */
  select?: FindOptionsSelect<T>;
  lock?: Lock;
  /** Names of related entities to bring along. */
  with?: string[];
}

/**
 * `wait`: until the row is free · `skip`: leaves out rows that another transaction holds · `beside_keys`: waits, but not for a
 * transaction that only refers to the row by a foreign key · `share`: keeps the row from changing, together with others who share it.
 */
export type Lock = 'wait' | 'skip' | 'beside_keys' | 'share';

interface Keyed {
  id: string;
}

export class Tx {
  constructor(
    /** Of TypeORM; for what `Tx` does not have, such as COPY. */
    readonly manager: EntityManager,
    private readonly batch: BatchContext | null = null,
  ) {}

  find<T extends ObjectLiteral>(entity: EntityClass<T>, where: Where<T>, asked: Found<T> = {}): Promise<T[]> {
    const { order, take, select, lock, with: relations } = asked;
    return this.manager.getRepository(entity).find({
      where,
      ...(order === undefined ? {} : { order }),
      ...(take === undefined ? {} : { take }),
      ...(select === undefined ? {} : { select }),
      ...(relations === undefined
        ? {}
        : { relations: Object.fromEntries(relations.map((name) => [name, true])) as never }),
      ...(lock === undefined ? {} : { lock: lockOf(lock) }),
    });
  }

  async findOne<T extends ObjectLiteral>(entity: EntityClass<T>, where: Where<T>, asked?: Found<T>): Promise<T | null> {
    const [found] = await this.find(entity, where, { ...asked, take: 1 });
    return found ?? null;
  }

  /** The one row that must be there. */
  async require<T extends ObjectLiteral>(entity: EntityClass<T>, where: Where<T>, asked?: Found<T>): Promise<T> {
    const found = await this.findOne(entity, where, asked);
    if (found === null) throw new Error(`there is no ${entity.name} with ${JSON.stringify(where)}`);
    return found;
  }

  async exists<T extends ObjectLiteral>(entity: EntityClass<T>, where: Where<T>): Promise<boolean> {
    return (await this.findOne(entity, where)) !== null;
  }

  /** Null when there is none. In a batch, all that are asked for come in one statement. */
  byId<T extends ObjectLiteral & Keyed>(entity: EntityClass<T>, id: string, lock?: Lock): Promise<T | null> {
    return this.join(`${lock ?? 'read'} ${entity.name}`, (ids) => this.byIds(entity, ids, lock), id);
  }

  /** The same of one that must be there. */
  async requireById<T extends ObjectLiteral & Keyed>(entity: EntityClass<T>, id: string, lock?: Lock): Promise<T> {
    const found = await this.byId(entity, id, lock);
    if (found === null) throw new Error(`there is no ${entity.name} ${id}`);
    return found;
  }

  /** In the order of the ids, null where there is none. Locks are always taken in the order of ids. */
  async byIds<T extends ObjectLiteral & Keyed>(
    entity: EntityClass<T>,
    ids: readonly string[],
    lock?: Lock,
  ): Promise<(T | null)[]> {
    const where = { id: Any(ids) } as unknown as FindOptionsWhere<T>;
    const order = { id: 'asc' } as unknown as FindOptionsOrder<T>;
    const rows = await this.find(entity, where, lock === undefined ? {} : { order, lock });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** All rows with the same columns; what they leave out gets the table's default. `ignore`: not those that are there. */
  async insert<T extends ObjectLiteral>(
    entity: EntityClass<T>,
    rows: Partial<T> | readonly Partial<T>[],
    conflict?: 'ignore',
  ): Promise<void> {
    await this.write(`insert ${conflict ?? ''}`, entity, listOf(rows), (all) =>
      insertStatement(this.manager, entity, all, conflict),
    );
  }

  /** Each found by its primary key. A row that polls claim is free, saved, for whatever is due on it next. */
  async update<T extends ObjectLiteral>(
    entity: EntityClass<T>,
    rows: Partial<T> | readonly Partial<T>[],
  ): Promise<void> {
    await this.write('update', entity, listOf(rows), (all) => updateStatement(this.manager, entity, all));
  }

  /** Inserts, or updates the row that has these columns in common with it. */
  async upsert<T extends ObjectLiteral>(
    entity: EntityClass<T>,
    row: Partial<T>,
    common: (keyof T & string)[],
  ): Promise<void> {
    await this.manager.getRepository(entity).upsert(row, common);
  }

  /** Sets some columns wherever the condition holds; returns of how many rows. Claims stay as they are. */
  async set<T extends ObjectLiteral>(
    entity: EntityClass<T>,
    where: FindOptionsWhere<T>,
    facts: Partial<T>,
  ): Promise<number> {
    const { affected } = await this.manager.getRepository(entity).update(where, facts);
    return affected ?? 0;
  }

  async delete<T extends ObjectLiteral>(entity: EntityClass<T>, where: FindOptionsWhere<T>): Promise<void> {
    await this.manager.getRepository(entity).delete(where);
  }

  /** The rows a statement returns, of whatever kind it is. */
  async query<R = unknown>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await this.run(text, values)).records as R[];
  }

  /** How many rows a statement changed. */
  async execute(text: string, values: unknown[] = []): Promise<number> {
    return (await this.run(text, values)).affected ?? 0;
  }

  /**
   * Asks of `askMany` what others of the batch ask of it as well, in one statement; outside a batch, at once. The function
   * is the kind: one and the same for everybody who asks it, answering in the order asked.
   */
  together<A, R = void>(
    askMany: (tx: Tx, asked: readonly A[]) => Promise<readonly R[]> | Promise<void>,
    asked: A,
  ): Promise<R> {
    return this.join(askMany, (all) => askMany(this, all), asked);
  }

  private async join<A, R>(kind: unknown, askMany: AskMany<A, R>, asked: A): Promise<R> {
    if (this.batch !== null) return this.batch.join(kind, askMany, asked);
    const [answer] = (await askMany([asked])) ?? [];
    return answer as R;
  }

  private async write<T extends ObjectLiteral>(
    verb: string,
    { name }: EntityClass<T>,
    rows: readonly Partial<T>[],
    statement: (rows: readonly Partial<T>[]) => { text: string; values: unknown[] },
  ): Promise<void> {
    if (rows.length === 0) return;
    const columns = Object.keys(rows[0] ?? {})
      .sort()
      .join();
    await this.join<readonly Partial<T>[], undefined>(
      `${verb} ${name} ${columns}`,
      async (all) => {
        const { text, values } = statement(all.flat());
        await this.run(text, values);
      },
      rows,
    );
  }

  private async run(text: string, values: unknown[]): Promise<{ records: unknown[]; affected?: number }> {
    const { queryRunner } = this.manager;
    if (queryRunner !== undefined) return queryRunner.query(text, values, true) as ReturnType<Tx['run']>;
    const own: QueryRunner = this.manager.dataSource.createQueryRunner();
    try {
      return (await own.query(text, values, true)) as Awaited<ReturnType<Tx['run']>>;
    } finally {
      await own.release();
    }
  }
}

function lockOf(lock: Lock) {
  const modes = {
    wait: 'pessimistic_write',
    skip: 'pessimistic_write',
    beside_keys: 'for_no_key_update',
    share: 'pessimistic_read',
  } as const;
  const mode = modes[lock];
  return lock === 'skip' ? { mode, onLocked: 'skip_locked' as const } : { mode };
}

function listOf<T>(rows: T | readonly T[]): readonly T[] {
  return Array.isArray(rows) ? (rows as readonly T[]) : [rows as T];
}
