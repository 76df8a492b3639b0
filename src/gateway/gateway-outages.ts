/**
 * Tells when a gateway lets nobody in or does not answer, once for all that waits: a row, a line in the log, a case where a
 * person must act. Sending pauses while nobody is let in, and a gateway that is busy slows this process down.
 */
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaseStore } from '../cases/case.store.js';
import { MINUTE_MS, plusMs, SECOND_MS } from '../domain/instant.js';
import { Database } from '../platform/database/database.js';
import { HealthNotes } from '../platform/http/health-notes.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { GatewayOutageEntity } from './gateway-request.entity.js';
import type { Outcome } from './outcome.js';

const LOOK_EVERY_MS = SECOND_MS;
const PAUSE_MIN_MS = 30 * SECOND_MS;
const PAUSE_MAX_MS = 5 * MINUTE_MS;
const SLOWER_MIN_MS = 250;
const SLOWER_MAX_MS = 5 * SECOND_MS;
/** So many calls in a row without any answer are no accident. */
const UNANSWERED_MAX = 3;

@Injectable()
export class GatewayOutages implements OnModuleInit {
  private readonly logger = new Logger('gateway');
  private readonly unanswered = new Map<string, number>();
  private readonly slower = new Map<string, { stepMs: number; untilMs: number }>();
  private known: GatewayOutageEntity[] = [];
  private lookedAtMs = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly cases: CaseStore,
    private readonly health: HealthNotes,
  ) {}

  onModuleInit(): void {
    this.cases.keepOpen(['gateway_outage'], async (tx, id) => {
      const open = await tx.findOne(GatewayOutageEntity, { id });
      return open === null
        ? null
        : `${open.gateway} still lets nobody in; the case closes itself with its first answer.`;
    });
    this.health.register(async () => {
      const open = await this.database.reader.find(GatewayOutageEntity, {});
      const words = open.map(
        ({ gateway, kind, since }) => `${gateway} ${kind.replace('_', ' ')} since ${since.toISOString()}`,
      );
      return Object.fromEntries(words.length === 0 ? [] : [['gateway', words.join('; ')]]);
    });
  }

  /** Waits as long as the gateway is busy; while it lets nobody in, an outcome that puts the request off. */
  async pause(gateway: string): Promise<Outcome | null> {
    const busyMs = (this.slower.get(gateway)?.untilMs ?? 0) - performance.now();
    if (busyMs > 0) await sleep(busyMs);
    const until = (await this.outageOf(gateway))?.pausedUntil ?? null;
    const leftMs = until === null ? 0 : until.getTime() - (await this.clock.now()).getTime();
    if (leftMs <= 0) return null;
    const detail = 'the gateway lets nobody in, sending pauses';
    return { kind: 'not_heard', because: 'locked_out', detail, retryAfterMs: leftMs };
  }

  /** After every call; `null`: it was answered. */
  async follow(gateway: string, outcome: Outcome | null): Promise<void> {
    if (outcome?.kind === 'not_heard') {
      if (outcome.because === 'busy') return this.slowDown(gateway, outcome.retryAfterMs);
      return this.begin(gateway, 'locked_out', outcome.detail);
    }
    const status = outcome?.said?.status ?? null;
    const silent = outcome?.kind === 'unknown' && outcome.said !== undefined && (status === null || status >= 500);
    if (!silent) return this.end(gateway);
    // It lets us in again, to say that it has trouble.
    if (status !== null && (await this.outageOf(gateway))?.kind === 'locked_out') await this.end(gateway);
    const count = (this.unanswered.get(gateway) ?? 0) + 1;
    this.unanswered.set(gateway, count);
    if (count >= UNANSWERED_MAX) await this.begin(gateway, 'unreachable', outcome.detail);
  }

  private slowDown(gateway: string, retryAfterMs: number | null): void {
    const before = this.slower.get(gateway)?.stepMs ?? SLOWER_MIN_MS / 2;
    const stepMs = Math.min(retryAfterMs ?? before * 2, SLOWER_MAX_MS);
    this.slower.set(gateway, { stepMs, untilMs: performance.now() + stepMs });
  }

  private async begin(gateway: string, kind: GatewayOutageEntity['kind'], detail: string): Promise<void> {
    const open = await this.outageOf(gateway);
    if (open?.kind === kind && kind === 'unreachable') return;
    const now = await this.clock.now();
    const pauseMs = Math.min(Math.max(now.getTime() - (open?.since ?? now).getTime(), PAUSE_MIN_MS), PAUSE_MAX_MS);
    const pausedUntil = kind === 'locked_out' ? plusMs(now, pauseMs) : null;
    const begun = await this.database.transaction(async (tx) => {
      const id = newId();
      const [row] = await tx.query<{ id: string }>(
        `insert into gateway_outages (gateway, kind, id, since, paused_until, detail) values ($1, $2, $3, $4, $5, $6)
         on conflict (gateway) do update set paused_until = greatest(gateway_outages.paused_until, excluded.paused_until),
           kind = case when excluded.kind = 'locked_out' then excluded.kind else gateway_outages.kind end
         returning id`,
        [gateway, kind, id, now, pausedUntil, detail],
      );
      if (kind === 'locked_out') {
        await this.cases.open(tx, {
          kind: 'gateway_outage',
          subscriptionId: null,
          subjectId: row?.id ?? id,
          explanation: `${gateway} lets nobody in: ${detail}. Nothing was lost and nothing is sent; check its key.`,
          data: { gateway },
          openedAt: now,
        });
      }
      return row?.id === id;
    });
    this.lookedAtMs = -Infinity;
    if (begun) this.logger.error(`outage of ${gateway} begun: ${kind.replace('_', ' ')}: ${detail}`);
  }

  private async end(gateway: string): Promise<void> {
    this.unanswered.delete(gateway);
    this.slower.delete(gateway);
    if ((await this.outageOf(gateway)) === null) return;
    const now = await this.clock.now();
    const ended = await this.database.transaction(async (tx) => {
      const rows = await tx.query<{ id: string; since: Date }>(
        'delete from gateway_outages where gateway = $1 returning id, since',
        [gateway],
      );
      for (const { id } of rows) await this.cases.close(tx, id, 'the gateway answers again', now);
      return rows;
    });
    this.lookedAtMs = -Infinity;
    for (const { since } of ended)
      this.logger.error(`outage of ${gateway} ended: it had begun at ${since.toISOString()}`);
  }

  /** As known for at most a second; another process may have seen it begin or end. */
  private async outageOf(gateway: string): Promise<GatewayOutageEntity | null> {
    if (performance.now() - this.lookedAtMs > LOOK_EVERY_MS) {
      this.lookedAtMs = performance.now();
      this.known = await this.database.reader.find(GatewayOutageEntity, {});
    }
    return this.known.find((one) => one.gateway === gateway) ?? null;
  }
}
