/**
 * How the service talks to PostgreSQL: one pool, short transactions, retries of lost races only. It owns no table.
 */
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { DataSource, DefaultNamingStrategy, QueryFailedError, type DataSourceOptions } from 'typeorm';
import { codeOf } from '../error-code.js';
import { BatchContext } from './batch-context.js';
import { NO_JIT, PreparingClient } from './prepared-statements.js';
import { READ_ONLY, readRows } from './read-rows.js';
import { Tx } from './tx.js';

// Amounts are bigint in the database and far below 2^53: read them as numbers, not as strings.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

class SnakeCaseNames extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? propertyName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}

// A worker stopped in the middle of a transaction must not hold its locks, and nobody waits for one for long.
const SESSION = `${NO_JIT} -c timezone=UTC -c idle_in_transaction_session_timeout=10000 -c lock_timeout=5000`;

/** `role`: whose rights the connections have, in place of those of who logs in. */
export function dataSourceOptions(url: string, poolMax: number, role?: string): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    namingStrategy: new SnakeCaseNames(),
    poolSize: poolMax,
    extra: {
      max: poolMax,
      Client: PreparingClient,
      connectionTimeoutMillis: 10_000,
      options: role === undefined ? SESSION : `${SESSION} -c role=${role}`,
    },
  };
}

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const UNIQUE_VIOLATION = '23505';
const LOCK_NOT_AVAILABLE = '55P03';
const ATTEMPTS_MAX = 3;

@Injectable()
export class Database {
  /** For reads outside a transaction; they are hints, never decisions. */
  readonly reader: Tx;
  /** The same for reads of which many come at once: those that come together share statements. */
  readonly sharedReader: Tx;

  constructor(private readonly source: DataSource) {
    this.reader = new Tx(source.manager);
    this.sharedReader = new Tx(source.manager, new BatchContext());
  }

  /** Runs `work` in one transaction; a lost serialization race or deadlock is run again, at most three times in all. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(work);
      } catch (error) {
        const lostRace = [SERIALIZATION_FAILURE, DEADLOCK].includes(codeOf(error));
        if (!lostRace || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** The same for work that cannot be run again, such as reading what streams in. */
  once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.source.transaction((manager) => work(new Tx(manager)));
  }

  /** One transaction for several changes, which share its statements; it is not run again. */
  batch<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.source.transaction((manager) => work(new Tx(manager, new BatchContext())));
  }

  /** Reads that belong together, all as of one instant; nothing can be written. */
  snapshot<T>(read: (tx: Tx) => Promise<T>): Promise<T> {
    return this.source.transaction('REPEATABLE READ', async (manager) => {
      const tx = new Tx(manager);
      for (const setting of READ_ONLY) await tx.query(setting);
      return read(tx);
    });
  }

  /** The rows of one query, however many, a thousand at a time; `gone` is told when nobody waits for them any more. */
  rows<R extends object>(text: string, values: unknown[], gone: AbortSignal): AsyncGenerator<R[]> {
    return readRows<R>(this.source, text, values, gone);
  }
}

/** Whether the database refused a row because the named unique index already holds one. */
export function violatesUnique(error: unknown, index: string): boolean {
  if (!(error instanceof QueryFailedError) || codeOf(error) !== UNIQUE_VIOLATION) return false;
  return (error.driverError as pg.DatabaseError).constraint === index;
}

/** Whether somebody else held the row for too long; the same request succeeds a moment later. */
export function wasBusy(error: unknown): boolean {
  return codeOf(error) === LOCK_NOT_AVAILABLE;
}
