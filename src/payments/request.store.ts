/** Reads, writes and claims gateway requests; decides nothing about money. */
import { Injectable } from '@nestjs/common';
import { In, IsNull, type EntityManager } from 'typeorm';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { newId } from '../platform/ids.js';
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
    await change.tx.getRepository(GatewayRequestEntity).insert({
      id,
      kind,
      subjectId,
      subscriptionId: change.subscription.id,
      reference,
      attempt,
      status: 'intended',
      withdrawn: false,
      queries: 0,
      intendedAt: change.now,
      // The worker that is woken goes first; the sweep follows if it never comes.
      leaseUntil: () => `clock_timestamp() + interval '5 seconds'`,
    });
    change.onCommit(() => this.runner.nudge(SUBMIT, [id]));
  }

  find(id: string): Promise<GatewayRequestEntity | null> {
    return this.database.reader.getRepository(GatewayRequestEntity).findOneBy({ id });
  }

  findByReference(reference: string): Promise<GatewayRequestEntity | null> {
    return this.database.reader.getRepository(GatewayRequestEntity).findOneBy({ reference });
  }

  /** Locked after its subscription. */
  lock(tx: EntityManager, id: string): Promise<GatewayRequestEntity> {
    return tx.getRepository(GatewayRequestEntity).findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async save(tx: EntityManager, { id, ...facts }: GatewayRequestEntity): Promise<void> {
    await tx.getRepository(GatewayRequestEntity).update({ id }, { ...facts, claimedUntil: null });
  }

  /** Marks it sent and leased, in machine time. */
  async markSubmitted(tx: EntityManager, id: string, leaseMs: number): Promise<void> {
    await tx.query(
      `update gateway_requests set status = 'submitted', next_query_at = null,
         first_submitted_at = coalesce(first_submitted_at, clock_timestamp()),
         lease_until = clock_timestamp() + make_interval(secs => $2)
       where id = $1`,
      [id, leaseMs / 1000],
    );
  }

  async isLeased(tx: EntityManager, id: string): Promise<boolean> {
    const [row] = await tx.query<{ leased: boolean }[]>(
      'select coalesce(lease_until > clock_timestamp(), false) as leased from gateway_requests where id = $1',
      [id],
    );
    return row?.leased ?? false;
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
