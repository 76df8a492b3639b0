/**
 * Carries one written-down request to the gateway. Under the lock it decides whether it is still wanted and freezes what it
 * asks; the call itself runs with no transaction open; its outcome goes to the outcome handler. A worker that finds a
 * request sent without an answer asks for it and never sends it blindly again.
 */
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { GatewayCalls } from './gateway-calls.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import { HandleOutcome } from './handle-outcome.js';
import type { Order, Outcome } from './outcome.js';
import { PrepareRequest } from './prepare-request.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';

const LEASE_BEYOND_TIMEOUT_MS = 5000;
type Next = { kind: 'send'; order: Order } | { kind: 'ask' } | { kind: 'leave' };

@Injectable()
export class SubmitRequest {
  constructor(
    private readonly config: Config,
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly calls: GatewayCalls,
    private readonly prepareRequest: PrepareRequest,
    private readonly handleOutcome: HandleOutcome,
  ) {}

  /** `redelivered`: the worker that had it is known to be dead, so its lease counts for nothing. */
  async submit(id: string, redelivered: boolean, asked = false): Promise<void> {
    const request = await this.requests.find(id);
    if (request === null || request.decidedAt !== null) return;
    const found = await this.prepareRequest.lookFirst(request);
    if (found.kind !== 'found') return this.hold(request, found);
    const leaseMs = this.config.GATEWAY_TIMEOUT_MS + LEASE_BEYOND_TIMEOUT_MS;
    const begunAtMs = performance.now();
    const next = await this.decide(request, { redelivered, asked, leaseMs }, found);
    if (next.kind === 'leave') return;
    if (next.kind === 'ask') {
      await this.ask(id);
      return;
    }
    // This worker was stopped for so long that its lease has run out: another worker may have the request.
    if (performance.now() - begunAtMs > leaseMs) return;
    const outcome = await this.calls.send(request, next.order);
    await this.handleOutcome.handle(request, await this.confirmed(request, next.order, outcome));
  }

  /**
   * Asks the gateway what became of it, or tells it to forget one that was withdrawn. One it never heard of is sent
   * again under the same key, or given up. False when there was no usable answer.
   */
  async ask(id: string): Promise<boolean> {
    const request = await this.requests.find(id);
    if (request === null || (request.status === 'intended' && request.firstSubmittedAt === null)) return true;
    const { asks, gatewayId } = request;
    if (asks === null) {
      await this.requests.stopAsking(id);
      return true;
    }
    const withdraws = request.withdrawn && request.status === 'waiting_for_member' && gatewayId !== null;
    const outcome = withdraws
      ? await this.calls.withdraw(request, asks, gatewayId)
      : await this.calls.find(request, asks);
    if (outcome !== null) {
      await this.handleOutcome.handle(request, outcome);
      return !['unknown', 'contradicts', 'not_heard'].includes(outcome.kind);
    }
    if (request.decidedAt !== null) await this.requests.stopAsking(id);
    else if (await this.handleOutcome.mayBeSentAgain(request, this.calls.keyKeptMs(request)))
      await this.sendAgain(request);
    return true;
  }

  /** A refusal says nothing about an earlier try that had no answer: the gateway is asked for that one first. */
  private async confirmed(request: GatewayRequestEntity, order: Order, outcome: Outcome): Promise<Outcome> {
    if (outcome.kind !== 'refused' || request.firstSubmittedAt === null) return outcome;
    return (await this.calls.find(request, order)) ?? outcome;
  }

  private async hold(request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    const unanswered = outcome.kind === 'unknown' || outcome.kind === 'contradicts';
    // Nothing of it was sent: no answer leaves it as it is.
    const held: Outcome = unanswered
      ? { kind: 'not_heard', because: 'busy', detail: outcome.detail, retryAfterMs: null }
      : outcome;
    await this.handleOutcome.handle(request, held);
  }

  private decide(
    request: GatewayRequestEntity,
    { redelivered, asked, leaseMs }: { redelivered: boolean; asked: boolean; leaseMs: number },
    found: { customer: string; seen: unknown },
  ): Promise<Next> {
    return this.changeSubscription.change<Next>(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (locked.status === 'submitted') {
        const taken = !redelivered && (await this.requests.isLeased(change.tx, locked.id));
        return taken ? { kind: 'leave' } : { kind: 'ask' };
      }
      if (locked.status !== 'intended') return { kind: 'leave' };
      const prepared = await this.orderOf(change, locked, found);
      if (prepared.kind === 'order') {
        await this.requests.markSubmitted(change.tx, locked.id, leaseMs, prepared.order);
        return { kind: 'send', order: prepared.order };
      }
      // An earlier sending may have moved it.
      if (prepared.kind === 'unwanted' && locked.firstSubmittedAt !== null && !asked) return { kind: 'ask' };
      if (prepared.kind === 'found') {
        await this.handleOutcome.apply(change, { ...locked, asks: prepared.order }, prepared.outcome);
      } else await this.handleOutcome.apply(change, locked, { kind: 'withdrawn', gatewayId: null });
      return { kind: 'leave' };
    });
  }

  private async orderOf(
    change: Change,
    request: GatewayRequestEntity,
    found: { customer: string; seen: unknown },
  ): ReturnType<PrepareRequest['prepare']> {
    if (request.asks === null) return this.prepareRequest.prepare(change, request, found);
    const wanted = await this.kinds.of(request).isWanted(change, request);
    return wanted ? { kind: 'order', order: request.asks } : { kind: 'unwanted' };
  }

  private async sendAgain(request: GatewayRequestEntity): Promise<void> {
    await this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (!['unknown', 'submitted', 'processing', 'intended'].includes(locked.status)) return;
      await this.requests.save(change.tx, {
        ...locked,
        status: 'intended',
        nextQueryAt: null,
        sendAt: null,
        leaseUntil: null,
      });
    });
    await this.submit(request.id, false, true);
  }
}
