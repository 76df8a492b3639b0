/**
 * When a request to the gateway is a person's matter: undecided for longer than its state deserves, contradicted by an
 * answer, or refused. A case about an undecided request stays open for as long as the request does.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { HOUR_MS } from '../domain/instant.js';
import type { Tx } from '../platform/database/tx.js';
import type { Change } from '../subscriptions/change.js';
import { GatewayRequestEntity } from './gateway-request.entity.js';
import { DECIDED_NOT_MOVED, type Outcome } from './outcome.js';

const CASE_AFTER_MS = HOUR_MS;

@Injectable()
export class RequestCases implements OnModuleInit {
  constructor(private readonly cases: CaseStore) {}

  onModuleInit(): void {
    this.cases.keepOpen(['payment_undecided', 'answer_contradicts'], (tx, subjectId) => this.whyOpen(tx, subjectId));
  }

  /** Nothing is decided: is it a case yet? What waits for the member may wait, unless it is being withdrawn. */
  async watch(change: Change, request: GatewayRequestEntity, detail: string): Promise<void> {
    const { now, subscription } = change;
    const openForMs = now.getTime() - request.intendedAt.getTime();
    const { status, withdrawn, caseAt } = request;
    const waits = (status === 'waiting_for_member' && !withdrawn) || status === 'processing';
    const overdue = caseAt === null ? !waits && openForMs >= CASE_AFTER_MS : now >= caseAt;
    if (!overdue) return;
    await this.cases.open(change.tx, {
      kind: 'payment_undecided',
      subscriptionId: subscription.id,
      subjectId: request.id,
      explanation: `${request.kind} ${request.reference}: ${detail}`,
      data: { reference: request.reference, status, queries: request.queries },
      openedAt: now,
      recurs: true,
    });
  }

  async contradicts({ tx, now, subscription }: Change, request: GatewayRequestEntity, words: string): Promise<void> {
    await this.cases.open(tx, {
      kind: 'answer_contradicts',
      subscriptionId: subscription.id,
      subjectId: request.id,
      explanation: `${request.kind} ${request.reference}: ${words}`,
      data: { reference: request.reference, queries: request.queries },
      openedAt: now,
      recurs: true,
    });
  }

  /** `before` became `settled` by the outcome. */
  async follow(
    change: Change,
    before: GatewayRequestEntity,
    settled: GatewayRequestEntity,
    outcome: Outcome,
  ): Promise<void> {
    const { tx, now, subscription } = change;
    const { id, kind, reference, subjectId } = before;
    if (settled.decidedAt === null) {
      if (outcome.kind === 'processing') await this.watch(change, settled, `under way: ${outcome.detail}`);
      return;
    }
    await this.cases.close(tx, id, `it is decided: ${outcome.kind}`, now);
    if (before.status === 'failed' && before.code === DECIDED_NOT_MOVED) {
      await this.contradicts(
        change,
        before,
        'two people had decided that it did not move, the gateway says that it did',
      );
    }
    // A refund that is refused is on the desk of finance.
    if (outcome.kind !== 'refused' || kind === 'refund') return;
    await this.cases.open(tx, {
      kind: 'request_refused',
      subscriptionId: subscription.id,
      subjectId,
      explanation: `the gateway refuses ${kind} ${reference}: ${outcome.said?.words ?? outcome.code}`,
      data: { reference, code: outcome.code, gatewayRequestId: outcome.said?.requestId ?? null },
      openedAt: now,
      recurs: true,
    });
  }

  private async whyOpen(tx: Tx, subjectId: string): Promise<string | null> {
    const request = await tx.findOne(GatewayRequestEntity, { id: subjectId });
    if (request === null || request.decidedAt !== null) return null;
    return `${request.reference} is not decided yet. Decide it first: POST /v1/requests/${request.reference}/decision.`;
  }
}
