/**
 * The outcome handler: answers, queries, webhooks and withdrawals all enter here. It locks, reads again, applies
 * each outcome at most once, and never lets an older fact overwrite a newer one.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, plusMs } from '../domain/instant.js';
import { isLive } from '../domain/subscription.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import type { Outcome } from './outcome.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';

const ASK_AFTER_MS = [
  2 * SECOND_MS,
  5 * SECOND_MS,
  15 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
];
// After as long as it has waited already: however often an answer says so, the next look is never far.
const WAITING_ASK_MIN_MS = 5 * MINUTE_MS;
const WAITING_ASK_MAX_MS = 6 * HOUR_MS;
// Who has not come by then does not come any more.
const WAITING_MAX_MS = 7 * DAY_MS;
const CASE_AFTER_MS = HOUR_MS;

@Injectable()
export class HandleOutcome {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly cases: CaseStore,
  ) {}

  async handle(request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    await this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) =>
      this.apply(change, await this.requests.lock(change.tx, request.id), outcome),
    );
  }

  /** The same inside a change that already holds the locks. */
  async apply(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    if (request.status === 'succeeded') return this.confirm(change, request, outcome);
    // A no is reversed only by a yes.
    if (request.status === 'failed' && outcome.kind !== 'succeeded') return this.answered(change, request, outcome);
    if (outcome.kind === 'unknown') return this.keepUnknown(change, request, outcome);
    const settled = this.record(change, request, outcome);
    await this.requests.save(change.tx, settled);
    await this.kinds.of(request).settle(change, settled, outcome);
    const { decidedAt, status } = settled;
    // A payment nobody waits for any more is withdrawn at once.
    const forNobody = status === 'waiting_for_member' && !isLive(change.subscription.status);
    if (forNobody) await this.requests.withdrawWaiting(change);
    if (decidedAt !== null) {
      await this.cases.close(change.tx, request.id, `the gateway decided: ${outcome.kind}`, change.now);
    }
  }

  /** A decided request was asked about once more: no longer, or later where there was no usable answer. */
  private async answered(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    if (request.nextQueryAt === null) return;
    const nextQueryAt = outcome.kind === 'unknown' ? plusMs(change.now, HOUR_MS) : null;
    await this.requests.save(change.tx, { ...request, nextQueryAt });
  }

  /** The gateway reverses a yes, once: its kind follows, as a refund that bounced does, or a person looks. */
  private async confirm(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    if (outcome.kind !== 'failed' || request.code !== null) return this.answered(change, request, outcome);
    const { code } = outcome;
    await this.requests.save(change.tx, { ...request, code, nextQueryAt: null });
    const kind = this.kinds.of(request);
    if (kind.reversed !== undefined) return kind.reversed(change, request, code);
    await this.cases.open(change.tx, {
      kind: 'answer_contradicts',
      subscriptionId: request.subscriptionId,
      subjectId: request.subjectId,
      explanation: `${request.kind} ${request.reference} had succeeded, now the gateway says it failed: ${code}`,
      data: { reference: request.reference, code },
      openedAt: change.now,
    });
  }

  private record(
    { now }: Change,
    request: GatewayRequestEntity,
    outcome: Exclude<Outcome, { kind: 'unknown' }>,
  ): GatewayRequestEntity {
    const decided = outcome.kind !== 'waiting_for_member';
    const waitedMs = now.getTime() - request.intendedAt.getTime();
    const overlong = !decided && !request.withdrawn && waitedMs >= WAITING_MAX_MS;
    const askAfterMs = overlong ? 0 : Math.min(Math.max(waitedMs, WAITING_ASK_MIN_MS), WAITING_ASK_MAX_MS);
    return {
      ...request,
      withdrawn: request.withdrawn || overlong,
      status: outcome.kind,
      code: outcome.kind === 'failed' ? outcome.code : null,
      gatewayId: outcome.gatewayId ?? request.gatewayId,
      clientSecret: outcome.kind === 'waiting_for_member' ? outcome.clientSecret : null,
      decidedAt: decided ? now : null,
      // The member may be done at any moment, and the webhook that says so may be lost.
      nextQueryAt: decided ? null : plusMs(now, askAfterMs),
      leaseUntil: null,
    };
  }

  /** Asked for again at growing intervals; undecided for an hour, or contradicting what was asked, it becomes a case. */
  private async keepUnknown(
    change: Change,
    request: GatewayRequestEntity,
    outcome: Extract<Outcome, { kind: 'unknown' }>,
  ): Promise<void> {
    const { now, tx } = change;
    const openForMs = now.getTime() - request.intendedAt.getTime();
    const nextMs = ASK_AFTER_MS[request.queries] ?? Math.min(Math.max(openForMs, HOUR_MS), DAY_MS);
    // By the hour it is decided or a case.
    const delayMs = openForMs < CASE_AFTER_MS ? Math.min(nextMs, CASE_AFTER_MS - openForMs) : nextMs;
    const waits = request.status === 'waiting_for_member';
    const unknown: GatewayRequestEntity = {
      ...request,
      status: waits ? 'waiting_for_member' : 'unknown',
      nextQueryAt: plusMs(now, delayMs),
      queries: request.queries + 1,
      leaseUntil: null,
    };
    await this.requests.save(tx, unknown);
    if (!waits) await this.kinds.of(request).settle(change, unknown, outcome);
    if (!waits && request.status !== 'unknown') {
      change.record(
        `${request.kind}.unknown`,
        null,
        `no usable answer from the gateway, it will be asked: ${outcome.detail}`,
        {
          reference: request.reference,
        },
      );
    }
    // What waits for the member may wait; only an answer that does not come is a matter for a person.
    const overdue = openForMs >= CASE_AFTER_MS && (!waits || request.withdrawn);
    if (outcome.suspect !== true && !overdue) return;
    await this.cases.open(tx, {
      kind: outcome.suspect === true ? 'answer_contradicts' : 'payment_undecided',
      subscriptionId: request.subscriptionId,
      subjectId: request.id,
      explanation: `${request.kind} ${request.reference}: ${outcome.detail}`,
      data: { reference: request.reference, queries: unknown.queries },
      openedAt: now,
    });
  }
}
