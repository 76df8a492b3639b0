/**
 * Loads what a gateway settled into the database as it streams in: all of it in one transaction, or, where one line
 * cannot be read, nothing but its errors. It compares nothing; a worker does, once it is loaded.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { plusMs } from '../domain/instant.js';
import { coversUntil } from '../domain/reconciliation.js';
import { Refusal } from '../domain/refusal.js';
import { Config } from '../platform/config.js';
import { copyInto } from '../platform/database/copy.js';
import { Database, violatesUnique } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import type { Gateway } from './formats.js';
import { COPIED_COLUMNS, ReadSettlement } from './read-settlement.js';
import type { SettlementFormat } from './settlement-format.js';
import { SettlementStore, type LoadedSettlement } from './settlement.store.js';

export const MATCH = 'match_settlement';

export interface Source {
  gateway: Gateway;
  format: SettlementFormat;
  loadedBy: string;
  stream: Readable;
  /** How far what was pulled reaches; a file reaches as far as its lines say. */
  pulledTo?: Date;
}

/** What belongs to the same commit as the load, or as the record that it was rejected. */
export interface AlsoThen {
  commit(tx: Tx): Promise<void>;
  rejected(tx: Tx, settlementId: string): Promise<void>;
}

const NOTHING_ELSE: AlsoThen = { commit: () => Promise.resolve(), rejected: () => Promise.resolve() };

class Rejected extends Error {
  constructor(readonly facts: LoadedSettlement) {
    super('the file cannot be read');
  }
}

@Injectable()
export class LoadSettlement {
  constructor(
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly settlementStore: SettlementStore,
  ) {}

  /**
   * Returns the settlement's id; one that cannot be read is `rejected` and keeps its first hundred errors. Refuses
   * `settlement_already_loaded` for a file that was loaded before.
   */
  async load(source: Source, also = NOTHING_ELSE): Promise<string> {
    const reading = new ReadSettlement(source.format, this.config.SETTLEMENT_FEE_PERCENT_MAX);
    const id = newId();
    try {
      await this.database.once(async (tx) => {
        const sha256 = await copyLines(tx, id, source.stream, reading);
        const facts = factsOf(id, source, reading, sha256, await this.clock.now(tx));
        if (reading.errors.length > 0) throw new Rejected(facts);
        await this.insertOnce(tx, facts);
        await also.commit(tx);
      });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      await this.database.transaction(async (tx) => {
        await this.settlementStore.reject(tx, error.facts, reading.errors);
        await also.rejected(tx, id);
      });
      return id;
    }
    this.jobs.enqueue(MATCH, [id]);
    return id;
  }

  private async insertOnce(tx: Tx, facts: LoadedSettlement): Promise<void> {
    try {
      await this.settlementStore.insert(tx, facts);
    } catch (error) {
      if (!violatesUnique(error, 'settlement_loaded_once')) throw error;
      const first = await this.settlementStore.findLoaded(facts.sha256 ?? '');
      throw new Refusal('settlement_already_loaded', `This very file was loaded before: settlement ${first?.id}.`);
    }
  }
}

/** Returns the hash of what was read. */
async function copyLines(tx: Tx, id: string, stream: Readable, reading: ReadSettlement): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    stream,
    async function* hashed(bytes: AsyncIterable<Buffer>) {
      for await (const piece of bytes) {
        hash.update(piece);
        yield piece;
      }
    },
    (bytes: AsyncIterable<Buffer>) => reading.copyText(id, bytes),
    await copyInto(tx, 'settlement_lines', COPIED_COLUMNS),
  );
  return hash.digest('hex');
}

function factsOf(
  id: string,
  { gateway, format, loadedBy, pulledTo }: Source,
  { lines, firstAt, lastAt }: ReadSettlement,
  sha256: string,
  receivedAt: Date,
): LoadedSettlement {
  const { completeAfterMs } = format;
  const fileCoversTo = lastAt === null ? null : coversUntil(lastAt, completeAfterMs, receivedAt);
  return {
    id,
    gateway,
    format: format.name,
    // A pull is never the same twice; two that found nothing look alike.
    sha256: pulledTo === undefined ? sha256 : null,
    lines,
    firstAt,
    lastAt,
    coversTo: pulledTo === undefined ? fileCoversTo : plusMs(pulledTo, -completeAfterMs),
    receivedAt,
    loadedBy,
  };
}
