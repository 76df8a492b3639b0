/** Writes a stream of rows into a table inside a transaction, by PostgreSQL's COPY: the one way for a million rows. */
import type { Writable } from 'node:stream';
import type pg from 'pg';
import { from } from 'pg-copy-streams';
import type { Tx } from './tx.js';

/** Takes lines of COPY's text format. It ends when all are in; destroyed before that, the transaction fails. */
export async function copyInto(tx: Tx, table: string, columns: string): Promise<Writable> {
  const { queryRunner } = tx.manager;
  if (queryRunner === undefined) throw new Error('COPY needs a transaction');
  const client = (await queryRunner.connect()) as pg.PoolClient;
  return client.query(from(`copy ${table} (${columns}) from stdin`));
}
