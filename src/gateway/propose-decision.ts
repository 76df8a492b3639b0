/**
 * Proposes whether a request that the gateway does not decide has moved money (rules 11). Nothing changes before another
 * person approves it; the gateway is asked all the same, and its own word comes first.
 */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { DecisionBody } from './decision.dto.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import { RequestDecisionEntity } from './request-decision.entity.js';
import { RequestStore } from './request.store.js';

@Injectable()
export class ProposeDecision {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
  ) {}

  /**
   * Refuses `not_found`, 422 where `gatewayId` is given with `not_moved`, `not_allowed_in_state` when the request is decided,
   * `payment_in_progress` while it is on its way to the gateway. A proposal that waits gives way to this one.
   */
  async propose(reference: string, body: DecisionBody, proposedBy: string): Promise<RequestDecisionEntity> {
    const { outcome, reason, gatewayId = null } = body;
    const request = await this.requests.findByReference(reference);
    if (request === null) throw new Refusal('not_found', `No request to a gateway is called ${reference}.`);
    if (outcome === 'not_moved' && gatewayId !== null) {
      throw validationFailed([{ path: 'gatewayId', message: 'what did not move has no id at the gateway' }]);
    }
    return this.changeSubscription.change(request.subscriptionId, 'finance', async (change) => {
      const { tx, now } = change;
      await requireUndecided(this.requests, tx, request);
      const waiting = { requestId: request.id, status: 'proposed' as const };
      await tx.set(RequestDecisionEntity, waiting, { status: 'withdrawn' });
      const decision: RequestDecisionEntity = {
        id: newId(),
        requestId: request.id,
        outcome,
        gatewayId,
        reason,
        status: 'proposed',
        proposedBy,
        proposedAt: now,
        approvedBy: null,
        approvedAt: null,
      };
      await tx.insert(RequestDecisionEntity, decision);
      const words = `it is proposed that ${reference} ${outcome === 'moved' ? 'moved' : 'did not move'}: ${reason}`;
      change.record('request.decision_proposed', null, words, { reference, outcome, gatewayId, by: proposedBy });
      return decision;
    });
  }
}

/** Locked. Refuses `not_allowed_in_state` when it is decided, `payment_in_progress` while a worker has it. */
export async function requireUndecided(
  requests: RequestStore,
  tx: Parameters<RequestStore['lock']>[0],
  { id }: { id: string },
): Promise<GatewayRequestEntity> {
  const locked = await requests.lock(tx, id);
  if (locked.decidedAt !== null) {
    throw new Refusal('not_allowed_in_state', `${locked.reference} is decided already: ${locked.status}.`);
  }
  if (await requests.isLeased(tx, id)) {
    throw new Refusal(
      'payment_in_progress',
      `${locked.reference} is on its way to the gateway; its answer comes first.`,
    );
  }
  return locked;
}
