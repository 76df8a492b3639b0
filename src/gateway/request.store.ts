/** Reads, writes and claims gateway requests; decides nothing about money. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { Metrics } from '../platform/http/metrics.js';
import { newId } from '../platform/ids.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { waitUntil } from '../platform/time/wait.js';
import type { Change } from '../subscriptions/change.js';
import { GatewayRequestEntity } from './gateway-request.entity.js';
import type { Order } from './outcome.js';
import type { RequestKindName } from './request-kind.js';

export const SUBMIT = 'submit_request';
export const QUERY = 'query_request';

/** One attempt of a request, as other rooms may show it. */
export type RequestAttempt = GatewayRequestEntity;

export interface NewRequest {
  kind: RequestKindName;
  subjectId: string;
  reference: string;
  attempt: number;
  /** The gateway it goes to, by name. */
  gateway: string;
}

const UNDECIDED = `
  select status as name, count(*)::int as count from gateway_requests where decided_at is null group by status`;

const UNDECIDED_AGE = `
  select status as name, extract(epoch from $1::timestamptz - min(intended_at))::float8 as count from gateway_requests
  where decided_at is null group by status`;

@Injectable()
export class RequestStore implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.register({
      name: 'vip_gateway_requests_undecided',
      help: 'asked and not decided',
      label: 'status',
      count: () => this.database.reader.query(UNDECIDED),
    });
    this.metrics.register({
      name: 'vip_gateway_requests_undecided_oldest_seconds',
      help: 'how long the oldest of them has waited',
      label: 'status',
      count: async () => this.database.reader.query(UNDECIDED_AGE, [await this.clock.now()]),
    });
  }

  /** Writes down what the gateway will be asked, before it hears of it, and wakes a worker after the commit. */
  async intend(change: Change, { kind, subjectId, reference, attempt, gateway }: NewRequest): Promise<void> {
    const id = newId();
    const { tx, subscription, now } = change;
    const asked = { kind, subjectId, subscriptionId: subscription.id, reference, attempt, gateway };
    const intended = { id, ...asked, intendedAt: now };
    await tx.together(insertIntended, intended);
    change.onCommit(() => this.jobs.enqueue(SUBMIT, [id]));
  }

  find(id: string): Promise<GatewayRequestEntity | null> {
    return this.database.sharedReader.byId(GatewayRequestEntity, id);
  }

  findByReference(reference: string, tx = this.database.reader): Promise<GatewayRequestEntity | null> {
    return tx.findOne(GatewayRequestEntity, { reference });
  }

  /** Locked after its subscription. */
  lock(tx: Tx, id: string): Promise<GatewayRequestEntity> {
    return tx.requireById(GatewayRequestEntity, id, 'wait');
  }

  save(tx: Tx, request: GatewayRequestEntity): Promise<void> {
    return tx.update(GatewayRequestEntity, request);
  }

  /** Marks it sent and leased, in machine time, and freezes what it asks. */
  markSubmitted(tx: Tx, id: string, leaseMs: number, order: Order): Promise<void> {
    return tx.together(markAllSubmitted, { id, leaseSeconds: leaseMs / 1000, order });
  }

  isLeased(tx: Tx, id: string): Promise<boolean> {
    return tx.together(areLeased, id);
  }

  /** Withdraws what waits for the member, all of it or one subject's or kind's: the gateway is told to cancel it. */
  async withdrawWaiting(change: Change, only: { subjectId?: string; kind?: RequestKindName } = {}): Promise<void> {
    const rows = await change.tx.query<{ id: string }>(
      `update gateway_requests set withdrawn = true, next_query_at = $3, queries = 0, lease_until = null, claimed_until = null
       where subscription_id = $1 and decided_at is null and status = 'waiting_for_member'
         and subject_id = coalesce($2, subject_id) and kind = coalesce($4, kind) returning id`,
      [change.subscription.id, only.subjectId ?? null, change.now, only.kind ?? null],
    );
    const ids = rows.map((row) => row.id);
    change.onCommit(() => this.jobs.enqueue(QUERY, ids));
  }

  /**
   * Has the gateway asked about these references, whatever is known of them here: another source says otherwise. A request
   * that is on its way brings its own answer.
   */
  async askAgain(tx: Tx, references: string[], now: Date): Promise<void> {
    await tx.execute(
      `update gateway_requests set next_query_at = $2, claimed_until = null
       where reference = any($1) and status not in ('intended', 'submitted')`,
      [references, now],
    );
  }

  /** A decided request the gateway never heard of: nothing is left to ask. */
  async stopAsking(id: string): Promise<void> {
    await this.database.reader.set(GatewayRequestEntity, { id, decidedAt: Not(IsNull()) }, { nextQueryAt: null });
  }

  /** Of all these subjects, oldest first. */
  attemptsOf(subjectIds: string[]): Promise<RequestAttempt[]> {
    return this.database.reader.find(
      GatewayRequestEntity,
      { subjectId: In(subjectIds) },
      { order: { attempt: 'asc' } },
    );
  }

  /** The same under the lock of the subscription. */
  attemptsWithin(tx: Tx, subjectId: string): Promise<RequestAttempt[]> {
    return tx.find(GatewayRequestEntity, { subjectId }, { order: { attempt: 'asc' } });
  }

  /** Whether the gateway is known here to have made something under this id. */
  findByGatewayId(tx: Tx, gateway: string, gatewayId: string): Promise<GatewayRequestEntity | null> {
    return tx.findOne(GatewayRequestEntity, { gateway, gatewayId });
  }

  /** A request that the gateway has made without us, as it was made: decided from the start. */
  async adopt(change: Change, made: NewRequest & { asks: Order; gatewayId: string }): Promise<void> {
    const { now, tx, subscription } = change;
    await tx.insert(GatewayRequestEntity, {
      ...made,
      id: newId(),
      subscriptionId: subscription.id,
      status: 'succeeded',
      withdrawn: false,
      queries: 0,
      intendedAt: now,
      decidedAt: now,
    });
  }

  /** Waits until nothing of the subscription is on its way to or from the gateway; false when patience ended first. */
  waitUntilDecided(subscriptionId: string, waitMs: number): Promise<boolean> {
    const undecided = { subscriptionId, decidedAt: IsNull() };
    return waitUntil(async () => {
      const open = await this.database.reader.find(GatewayRequestEntity, undecided, {
        select: { id: true, status: true, withdrawn: true, sendAt: true },
      });
      return open.every(isForLater);
    }, waitMs);
  }
}

/** It waits for the member, for the bank, or for a gateway that did not listen: an answer may take days. */
function isForLater({ status, withdrawn, sendAt }: GatewayRequestEntity): boolean {
  if (status === 'waiting_for_member') return !withdrawn;
  return status === 'processing' || (status === 'intended' && sendAt !== null);
}

// The worker that is told at once goes first; the next poll follows if it never comes.
const INTENDED = `
  insert into gateway_requests (id, kind, subject_id, subscription_id, reference, attempt, gateway, status, withdrawn,
    queries, intended_at, lease_until)
  select id, kind, "subjectId", "subscriptionId", reference, attempt, gateway, 'intended', false, 0, "intendedAt",
    clock_timestamp() + interval '5 seconds'
  from jsonb_to_recordset($1::jsonb) as r (id uuid, kind text, "subjectId" uuid, "subscriptionId" uuid, reference text,
    attempt integer, gateway text, "intendedAt" timestamptz)`;

async function insertIntended(tx: Tx, intended: readonly object[]): Promise<void> {
  await tx.query(INTENDED, [JSON.stringify(intended)]);
}

async function markAllSubmitted(
  tx: Tx,
  sent: readonly { id: string; leaseSeconds: number; order: Order }[],
): Promise<void> {
  await tx.query(
    `update gateway_requests r set status = 'submitted', next_query_at = null, send_at = null,
       asks = coalesce(r.asks, sent."order"),
       first_submitted_at = coalesce(first_submitted_at, clock_timestamp()),
       lease_until = clock_timestamp() + make_interval(secs => sent."leaseSeconds")
     from jsonb_to_recordset($1::jsonb) as sent (id uuid, "leaseSeconds" float8, "order" jsonb) where r.id = sent.id`,
    [JSON.stringify(sent)],
  );
}

async function areLeased(tx: Tx, ids: readonly string[]): Promise<boolean[]> {
  const leased = await tx.query<{ id: string }>(
    'select id from gateway_requests where id = any($1) and lease_until > clock_timestamp()',
    [ids],
  );
  return ids.map((id) => leased.some((row) => row.id === id));
}
