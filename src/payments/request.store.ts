/** Reads, writes and claims gateway requests; decides nothing about money. */
import { Injectable } from '@nestjs/common';
import { Any, In, IsNull, type EntityManager } from 'typeorm';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { newId } from '../platform/ids.js';
import { inOrder, updateClaimed } from '../platform/rows.js';
import { together } from '../platform/together.js';
import { waitUntil } from '../platform/wait.js';
import type { Change } from '../subscriptions/change.js';
import { GatewayRequestEntity } from './gateway-request.entity.js';
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
}

@Injectable()
export class RequestStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly runner: DutyRunner,
  ) {}

  /** Writes down what the gateway will be asked, before it hears of it, and wakes a worker after the commit. */
  async intend(change: Change, { kind, subjectId, reference, attempt }: NewRequest): Promise<void> {
    const id = newId();
    const { tx, subscription, now } = change;
    const intended = { id, kind, subjectId, subscriptionId: subscription.id, reference, attempt, intendedAt: now };
    await together(tx, insertIntended, intended);
    change.onCommit(() => this.runner.nudge(SUBMIT, [id]));
  }

  find(id: string): Promise<GatewayRequestEntity | null> {
    return together(this.database.reader, findAll, id);
  }

  findByReference(reference: string): Promise<GatewayRequestEntity | null> {
    return this.database.reader.getRepository(GatewayRequestEntity).findOneBy({ reference });
  }

  /** Locked after its subscription. */
  lock(tx: EntityManager, id: string): Promise<GatewayRequestEntity> {
    return together(tx, lockAll, id);
  }

  save(tx: EntityManager, request: GatewayRequestEntity): Promise<void> {
    return together(tx, saveAll, request);
  }

  /** Marks it sent and leased, in machine time. */
  markSubmitted(tx: EntityManager, id: string, leaseMs: number): Promise<void> {
    return together(tx, markAllSubmitted, { id, leaseSeconds: leaseMs / 1000 });
  }

  isLeased(tx: EntityManager, id: string): Promise<boolean> {
    return together(tx, areLeased, id);
  }

  /** Takes back what waits for the member, all of it or one subject's or kind's: the gateway is told to cancel it. */
  async withdrawWaiting(change: Change, only: { subjectId?: string; kind?: RequestKindName } = {}): Promise<void> {
    const [rows] = await change.tx.query<[{ id: string }[], number]>(
      `update gateway_requests set withdrawn = true, next_query_at = $3, queries = 0, lease_until = null, claimed_until = null
       where subscription_id = $1 and decided_at is null and status = 'waiting_for_member'
         and subject_id = coalesce($2, subject_id) and kind = coalesce($4, kind) returning id`,
      [change.subscription.id, only.subjectId ?? null, change.now, only.kind ?? null],
    );
    const ids = rows.map((row) => row.id);
    change.onCommit(() => this.runner.nudge(QUERY, ids));
  }

  /** Of all these subjects, oldest first. */
  attemptsOf(subjectIds: string[]): Promise<RequestAttempt[]> {
    return this.database.reader
      .getRepository(GatewayRequestEntity)
      .find({ where: { subjectId: In(subjectIds) }, order: { attempt: 'asc' } });
  }

  /** Waits until nothing of the subscription is on its way to or from the gateway; false when patience ended first. */
  waitUntilDecided(subscriptionId: string, waitMs: number): Promise<boolean> {
    const undecided = { subscriptionId, decidedAt: IsNull() };
    return waitUntil(async () => {
      const open = await this.database.reader
        .getRepository(GatewayRequestEntity)
        .find({ where: undecided, select: { id: true, status: true, withdrawn: true } });
      return open.every((request) => request.status === 'waiting_for_member' && !request.withdrawn);
    }, waitMs);
  }

  /** Intended ones nobody sends, and submitted ones whose worker went silent. */
  claimMoving(max: number): Promise<string[]> {
    return this.claim(`status in ('intended', 'submitted')`, [], max);
  }

  /** Those without an answer, and those that wait for the member: a lost webhook must not lose a payment. */
  async claimToAsk(max: number): Promise<string[]> {
    const open = `status in ('unknown', 'waiting_for_member')`;
    return this.claim(`${open} and next_query_at <= $1`, [await this.clock.now()], max);
  }

  private claim(condition: string, values: unknown[], max: number): Promise<string[]> {
    const due = `${condition} and (lease_until is null or lease_until < clock_timestamp())`;
    return claimRows(this.database.reader, { table: 'gateway_requests', due, orderBy: 'id', values }, max);
  }
}

// The worker that is woken goes first; the sweep follows if it never comes.
const INTENDED = `
  insert into gateway_requests (id, kind, subject_id, subscription_id, reference, attempt, status, withdrawn, queries,
    intended_at, lease_until)
  select id, kind, "subjectId", "subscriptionId", reference, attempt, 'intended', false, 0, "intendedAt",
    clock_timestamp() + interval '5 seconds'
  from jsonb_to_recordset($1::jsonb) as r (id uuid, kind text, "subjectId" uuid, "subscriptionId" uuid, reference text,
    attempt integer, "intendedAt" timestamptz)`;

async function insertIntended(tx: EntityManager, intended: readonly object[]): Promise<void> {
  await tx.query(INTENDED, [JSON.stringify(intended)]);
}

async function findAll(tx: EntityManager, ids: readonly string[]): Promise<(GatewayRequestEntity | null)[]> {
  const found = await tx.getRepository(GatewayRequestEntity).findBy({ id: Any(ids) });
  return ids.map((id) => found.find((request) => request.id === id) ?? null);
}

async function lockAll(tx: EntityManager, ids: readonly string[]): Promise<GatewayRequestEntity[]> {
  const where = { id: Any(ids) };
  const locked = await tx
    .getRepository(GatewayRequestEntity)
    .find({ where, order: { id: 'asc' }, lock: { mode: 'pessimistic_write' } });
  return inOrder(ids, locked, 'gateway request');
}

function saveAll(tx: EntityManager, requests: readonly GatewayRequestEntity[]): Promise<void> {
  return updateClaimed(tx, GatewayRequestEntity, requests);
}

async function markAllSubmitted(
  tx: EntityManager,
  sent: readonly { id: string; leaseSeconds: number }[],
): Promise<void> {
  await tx.query(
    `update gateway_requests r set status = 'submitted', next_query_at = null,
       first_submitted_at = coalesce(first_submitted_at, clock_timestamp()),
       lease_until = clock_timestamp() + make_interval(secs => sent."leaseSeconds")
     from jsonb_to_recordset($1::jsonb) as sent (id uuid, "leaseSeconds" float8) where r.id = sent.id`,
    [JSON.stringify(sent)],
  );
}

async function areLeased(tx: EntityManager, ids: readonly string[]): Promise<boolean[]> {
  const leased = await tx.query<{ id: string }[]>(
    'select id from gateway_requests where id = any($1) and lease_until > clock_timestamp()',
    [ids],
  );
  return ids.map((id) => leased.some((row) => row.id === id));
}
