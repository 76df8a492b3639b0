/**
 * The second pair of eyes on a request that the gateway does not decide. What is said to have moved is looked at there and
 * enters by the outcome handler like any answer; what is said not to have moved is asked for once more, and the gateway's own
 * word comes first.
 */
import { Injectable } from '@nestjs/common';
import { HOUR_MS, plusMs } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { GatewayCalls } from './gateway-calls.js';
import { GatewayRequestEntity } from './gateway-request.entity.js';
import { HandleOutcome } from './handle-outcome.js';
import { DECIDED_NOT_MOVED, type Order, type Outcome } from './outcome.js';
import { requireUndecided } from './propose-decision.js';
import { RequestDecisionEntity } from './request-decision.entity.js';
import { RequestStore } from './request.store.js';

const ASK_ON_AFTER_MS = HOUR_MS;

type Verdict = Exclude<Outcome, { kind: 'not_heard' }>;

const NOT_MOVED: Verdict = { kind: 'declined', gatewayId: null, code: DECIDED_NOT_MOVED, decline: 'soft' };

@Injectable()
export class ApproveDecision {
  constructor(
    private readonly database: Database,
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly calls: GatewayCalls,
    private readonly handleOutcome: HandleOutcome,
  ) {}

  /**
   * Refuses `not_found`, `four_eyes` (403), `not_allowed_in_state` (approved or withdrawn already, or the request is decided),
   * `payment_in_progress`, `gateway_disagrees` where the id is not what is said, `gateway_unanswered` where it cannot be looked
   * at now.
   */
  async approve(id: string, approvedBy: string): Promise<{ decision: RequestDecisionEntity; reference: string }> {
    const { decision, request } = await this.find(id);
    if (decision.proposedBy === approvedBy) {
      throw new Refusal('four_eyes', 'Who proposed a decision cannot approve it; another person must.');
    }
    const verdict = await this.verify(decision, request);
    const approved = await this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) => {
      const { tx, now } = change;
      const open = await tx.require(RequestDecisionEntity, { id }, { lock: 'wait' });
      if (open.status !== 'proposed')
        throw new Refusal('not_allowed_in_state', `The decision is ${open.status} already.`);
      const locked = await requireUndecided(this.requests, tx, request);
      const done = { ...open, status: 'approved' as const, approvedBy, approvedAt: now };
      await tx.update(RequestDecisionEntity, done);
      const { reference } = locked;
      const words = `two people decided that ${reference} ${open.outcome === 'moved' ? 'moved' : 'did not move'}: ${open.reason}`;
      const data = {
        reference,
        outcome: open.outcome,
        gatewayId: open.gatewayId,
        by: approvedBy,
        proposedBy: open.proposedBy,
      };
      change.record('request.decided', null, words, data);
      await this.handleOutcome.apply(change, locked, verdict.outcome);
      // It is decided here; the gateway is asked until it has a definite word too.
      if (verdict.isOpenThere) await this.requests.askAgain(tx, [reference], plusMs(now, ASK_ON_AFTER_MS));
      return done;
    });
    return { decision: approved, reference: request.reference };
  }

  private async find(id: string): Promise<{ decision: RequestDecisionEntity; request: GatewayRequestEntity }> {
    const { reader } = this.database;
    const decision = await reader.findOne(RequestDecisionEntity, { id });
    if (decision === null) throw new Refusal('not_found', `There is no decision ${id}.`);
    return { decision, request: await reader.require(GatewayRequestEntity, { id: decision.requestId }) };
  }

  /** With no transaction open. */
  private async verify(
    { outcome, gatewayId }: RequestDecisionEntity,
    request: GatewayRequestEntity,
  ): Promise<{ outcome: Verdict; isOpenThere: boolean }> {
    const { asks } = request;
    if (outcome === 'moved') return { outcome: await this.lookAt(request, gatewayId ?? ''), isOpenThere: false };
    if (asks === null) return { outcome: NOT_MOVED, isOpenThere: false };
    const told = await this.calls.find(request, asks);
    const decided = told?.kind === 'succeeded' || told?.kind === 'declined' || told?.kind === 'withdrawn';
    return decided ? { outcome: told, isOpenThere: false } : { outcome: NOT_MOVED, isOpenThere: told !== null };
  }

  private async lookAt(request: GatewayRequestEntity, gatewayId: string): Promise<Verdict> {
    const { asks, reference } = request;
    if (asks === null) throw disagrees(`${reference} was never sent, so nothing can have moved`);
    const found = await this.calls.look(request, asks, gatewayId);
    if (found === 'unanswered') {
      throw new Refusal(
        'gateway_unanswered',
        `The gateway cannot be asked about ${gatewayId} now; approve it again later.`,
      );
    }
    if (found === 'unheard_of') throw disagrees(`the gateway knows no ${gatewayId}`);
    await this.requireOurs(request, gatewayId, asks, found.reference);
    if (found.outcome.kind === 'succeeded') return found.outcome;
    throw disagrees(
      `the gateway says of ${gatewayId}: ${'detail' in found.outcome ? found.outcome.detail : found.outcome.kind}`,
    );
  }

  /** It carries this reference or none, and nothing else here stands for it. */
  private async requireOurs(
    { id, reference, gateway }: GatewayRequestEntity,
    gatewayId: string,
    order: Order,
    named: string | null,
  ): Promise<void> {
    if (named !== null && named !== reference) throw disagrees(`${gatewayId} is ${named} at the gateway`);
    const other = await this.requests.findByGatewayId(this.database.reader, gateway, gatewayId);
    if (other !== null && other.id !== id)
      throw disagrees(`${gatewayId} is ${other.reference} here: a ${order.kind} of its own`);
  }
}

function disagrees(why: string): Refusal {
  return new Refusal('gateway_disagrees', `This cannot be adopted: ${why}.`);
}
