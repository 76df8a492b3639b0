/**
 * Fetches what a gateway lists since its newest line here, and loads it like a file. What it lists is kept in a file on
 * the way, so that neither the memory nor a transaction waits for the gateway.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import Papa from 'papaparse';
import { CaseStore } from '../cases/case.store.js';
import { HOUR_MS, plusDays, plusMs } from '../domain/instant.js';
import { Gateways, type PaymentGateway } from '../gateway/payment-gateway.js';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { CLAIM_SECONDS } from '../platform/jobs/job.js';
import { Clock } from '../platform/time/clock.js';
import { LoadSettlement } from './load-settlement.js';
import { cellsOf, pulledFormat } from './pulled-format.js';
import type { Gateway } from './formats.js';

const COLUMNS = pulledFormat(0).columns;
const LINES_AT_ONCE = 1000;
const KEEP_EVERY_MS = (CLAIM_SECONDS * 1000) / 3;
// The gateway may list a transaction later than it dates it.
const OVERLAP_DAYS = 3;

/** Another worker has taken this pull over. */
class Overtaken extends Error {}

@Injectable()
export class PullSettlement implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly database: Database,
    private readonly gateways: Gateways,
    private readonly loadSettlement: LoadSettlement,
    private readonly cases: CaseStore,
  ) {}

  /** The schedule is a row, so that all processes keep the same one; the first pull comes one interval after the start. */
  async onModuleInit(): Promise<void> {
    const { SETTLEMENT_PULL_EVERY_HOURS: hours } = this.config;
    if (hours === 0) {
      await this.database.reader.query('delete from settlement_pulls');
      return;
    }
    const firstAt = plusMs(await this.clock.now(), hours * HOUR_MS);
    await this.database.reader.query(
      `insert into settlement_pulls (id, next_pull_at) select name, $2 from unnest($1::text[]) name
       on conflict (id) do update set next_pull_at = least(settlement_pulls.next_pull_at, excluded.next_pull_at)`,
      [this.gateways.all.map(({ name }) => name), firstAt],
    );
  }

  /** `name`: of the gateway. */
  async pull(name: string): Promise<void> {
    const [pull] = await this.database.reader.query<{ dueAt: Date }>(
      `select next_pull_at as "dueAt" from settlement_pulls where id = $1 and next_pull_at <= $2`,
      [name, await this.clock.now()],
    );
    if (pull === undefined) return;
    const folder = await mkdtemp(path.join(tmpdir(), 'settlement-'));
    try {
      const file = path.join(folder, 'pulled.csv');
      const gateway = this.gateways.of(name);
      await this.fetchInto(file, gateway, pull.dueAt);
      const format = pulledFormat(gateway.settlesWithinMs);
      const source = { gateway: name as Gateway, format, loadedBy: 'reconciliation' };
      const stream = createReadStream(file);
      const loaded = { ...source, stream, pulledTo: pull.dueAt };
      await this.loadSettlement.load(loaded, {
        commit: (tx) => this.schedule(tx, name, pull.dueAt),
        rejected: (tx, settlementId) => this.giveUp(tx, { name, dueAt: pull.dueAt }, settlementId),
      });
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** From some days before the newest line that is here, up to the instant the pull was due; what is here is left out. */
  private async fetchInto(file: string, gateway: PaymentGateway, to: Date): Promise<void> {
    const [newest] = await this.database.reader.query<{ at: Date | null }>(
      `select max(last_at) as at from settlements where gateway = $1 and status <> 'rejected'`,
      [gateway.name],
    );
    const from = newest?.at === null || newest === undefined ? new Date(0) : plusDays(newest.at, -OVERLAP_DAYS);
    const known = await this.knownSince(gateway.name, from);
    const written = await open(file, 'wx', 0o600);
    try {
      await written.write(csv([[...COLUMNS]]));
      let lines: (string | number)[][] = [];
      let keptAtMs = performance.now();
      for await (const line of gateway.movements(from, to)) {
        if (performance.now() - keptAtMs > KEEP_EVERY_MS) {
          await this.keepClaim(gateway.name, to);
          keptAtMs = performance.now();
        }
        if (known.has(line.transactionId)) continue;
        if (lines.push(cellsOf(line)) < LINES_AT_ONCE) continue;
        await written.write(csv(lines));
        lines = [];
      }
      await written.write(csv(lines));
    } finally {
      await written.close();
    }
  }

  private async knownSince(name: string, from: Date): Promise<Set<string>> {
    const rows = await this.database.reader.query<{ id: string }>(
      `select transaction_id as id from settlement_lines where occurred_at >= $2 and settlement_id in (
         select id from settlements where gateway = $1 and status <> 'rejected' and last_at >= $2)`,
      [name, from],
    );
    return new Set(rows.map(({ id }) => id));
  }

  private async keepClaim(name: string, dueAt: Date): Promise<void> {
    const kept = await this.database.reader.execute(
      `update settlement_pulls set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
       where id = $1 and next_pull_at = $2`,
      [name, dueAt],
    );
    if (kept === 0) throw new Overtaken();
  }

  /** A list that cannot be read is fetched again with the next pull, and a person looks at why. */
  private async giveUp(tx: Tx, { name, dueAt }: { name: string; dueAt: Date }, settlementId: string): Promise<void> {
    await this.schedule(tx, name, dueAt);
    await this.cases.open(tx, {
      kind: 'settlement_unreadable',
      subscriptionId: null,
      subjectId: settlementId,
      explanation: `what was pulled for ${dueAt.toISOString()} cannot be read: the errors of settlement ${settlementId} say why`,
      data: { settlementId },
      openedAt: await this.clock.now(tx),
    });
  }

  /** In the commit that loads: of two that pull at once, one loads. */
  private async schedule(tx: Tx, name: string, dueAt: Date): Promise<void> {
    const next = plusMs(dueAt, this.config.SETTLEMENT_PULL_EVERY_HOURS * HOUR_MS);
    const moved = await tx.execute(
      'update settlement_pulls set next_pull_at = $3, claimed_until = null where id = $1 and next_pull_at = $2',
      [name, dueAt, next],
    );
    if (moved === 0) throw new Overtaken();
  }
}

function csv(lines: (string | number)[][]): string {
  return lines.length === 0 ? '' : `${Papa.unparse(lines, { newline: '\n' })}\n`;
}
