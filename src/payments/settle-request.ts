/**
 * The one door for outcomes: answers, queries, webhooks and withdrawals all enter here. It locks, reads again, applies
 * each outcome at most once, and never lets an older fact overwrite a newer one.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { DAY_MS, HOUR_MS, plusMs } from '../domain/instant.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import type { Outcome } from './outcome.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const ASK_AFTER_MS = [
  2 * SECOND_MS,
  5 * SECOND_MS,
  15 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
];
const CASE_AFTER_MS = HOUR_MS;

@Injectable()
export class SettleRequest {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly cases: CaseStore,
  ) {}

  async run(request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    await this.changeSubscription.run(request.subscriptionId, 'gateway', async (change) =>
      this.apply(change, await this.requests.lock(change.tx, request.id), outcome),
    );
  }

  /** The same inside a change that already holds the locks. */
  async apply(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    if (request.status === 'succeeded') return;
    // A no is taken back only by a yes.
    if (request.status === 'failed' && outcome.kind !== 'succeeded') return;
    if (outcome.kind === 'unknown') return this.keepUnknown(change, request, outcome);
    const settled = this.record(change, request, outcome);
    await this.requests.save(change.tx, settled);
    await this.kinds.of(request).settle(change, settled, outcome);
    if (settled.decidedAt !== null) {
      await this.cases.close(change.tx, request.id, `the gateway decided: ${outcome.kind}`, change.now);
    }
  }

  private record(
    { now }: Change,
    request: GatewayRequestEntity,
    outcome: Exclude<Outcome, { kind: 'unknown' }>,
  ): GatewayRequestEntity {
    const decided = outcome.kind !== 'waiting_for_member';
    return {
      ...request,
      status: outcome.kind,
      code: outcome.kind === 'failed' ? outcome.code : null,
      gatewayId: outcome.gatewayId ?? request.gatewayId,
      clientSecret: outcome.kind === 'waiting_for_member' ? outcome.clientSecret : null,
      decidedAt: decided ? now : null,
      nextQueryAt: null,
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
    // A withdrawal that got no answer goes on waiting; the sweep asks again.
    if (request.status === 'waiting_for_member') return;
    const openForMs = now.getTime() - request.intendedAt.getTime();
    const delayMs = ASK_AFTER_MS[request.queries] ?? Math.min(Math.max(openForMs, HOUR_MS), DAY_MS);
    const unknown: GatewayRequestEntity = {
      ...request,
      status: 'unknown',
      nextQueryAt: plusMs(now, delayMs),
      queries: request.queries + 1,
      leaseUntil: null,
    };
    await this.requests.save(tx, unknown);
    await this.kinds.of(request).settle(change, unknown, outcome);
    if (request.status !== 'unknown') {
      change.record(
        `${request.kind}.unknown`,
        null,
        `no usable answer from the gateway, it will be asked: ${outcome.detail}`,
        {
          reference: request.reference,
        },
      );
    }
    if (outcome.suspect !== true && openForMs < CASE_AFTER_MS) return;
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
