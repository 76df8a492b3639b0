/**
 * Carries one written-down request to the gateway. Under the lock it decides whether it is still wanted; the call
 * itself runs with no transaction open; its outcome goes to the outcome handler. A worker that finds a request sent
 * without an answer asks for it and never sends it blindly again.
 */
import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '../domain/instant.js';
import { Config } from '../platform/config.js';
import { machineNow } from '../platform/time/clock.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import { HandleOutcome } from './handle-outcome.js';
import { WITHDRAWN, type Outcome } from './outcome.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';

const LEASE_BEYOND_TIMEOUT_MS = 5000;
// Stripe keeps idempotency keys for at least 24 hours; within 20 the same key cannot charge twice.
const KEY_KEPT_MS = 20 * HOUR_MS;

type Next = { kind: 'send'; call: () => Promise<Outcome> } | { kind: 'ask' } | { kind: 'leave' };

@Injectable()
export class SubmitRequest {
  constructor(
    private readonly config: Config,
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly handleOutcome: HandleOutcome,
  ) {}

  /** `redelivered`: the worker that had it is known to be dead, so its lease counts for nothing. */
  async submit(id: string, redelivered: boolean): Promise<void> {
    const request = await this.requests.find(id);
    if (request === null) return;
    const leaseMs = this.config.GATEWAY_TIMEOUT_MS + LEASE_BEYOND_TIMEOUT_MS;
    const begunAtMs = performance.now();
    const next = await this.decide(request, redelivered, leaseMs);
    if (next.kind === 'leave') return;
    if (next.kind === 'ask') {
      await this.ask(id);
      return;
    }
    // This worker was stopped for so long that its lease has run out: another worker may have the request.
    if (performance.now() - begunAtMs > leaseMs) return;
    await this.handleOutcome.handle(request, await callSafely(next.call));
  }

  /**
   * Asks the gateway what became of it, or tells it to forget one that was withdrawn. One it never heard of is sent
   * again under the same key, or becomes a case. False when there was no usable answer.
   */
  async ask(id: string): Promise<boolean> {
    const request = await this.requests.find(id);
    if (request === null || request.status === 'intended') return true;
    const kind = this.kinds.of(request);
    const withdraws = request.withdrawn && request.status === 'waiting_for_member';
    const outcome = await callSafely(() => (withdraws ? kind.withdraw(request) : kind.ask(request)));
    if (outcome !== null) {
      await this.handleOutcome.handle(request, outcome);
      return outcome.kind !== 'unknown';
    }
    if (request.decidedAt !== null) {
      await this.requests.stopAsking(id);
      return true;
    }
    const sentAgoMs = machineNow().getTime() - (request.firstSubmittedAt?.getTime() ?? 0);
    if (sentAgoMs <= KEY_KEPT_MS) {
      await this.sendAgain(request);
      return true;
    }
    const detail = 'the gateway does not know it, and its key is too old to send it again safely';
    await this.handleOutcome.handle(request, { kind: 'unknown', detail, suspect: true });
    return false;
  }

  private decide(request: GatewayRequestEntity, redelivered: boolean, leaseMs: number): Promise<Next> {
    return this.changeSubscription.change<Next>(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (locked.status === 'submitted') {
        const taken = !redelivered && (await this.requests.isLeased(change.tx, locked.id));
        return taken ? { kind: 'leave' } : { kind: 'ask' };
      }
      if (locked.status !== 'intended') return { kind: 'leave' };
      const call = await this.kinds.of(locked).prepare(change, locked);
      if (call === null) {
        await this.handleOutcome.apply(change, locked, { kind: 'failed', gatewayId: null, code: WITHDRAWN });
        return { kind: 'leave' };
      }
      await this.requests.markSubmitted(change.tx, locked.id, leaseMs);
      return { kind: 'send', call };
    });
  }

  private async sendAgain(request: GatewayRequestEntity): Promise<void> {
    await this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (locked.status !== 'unknown' && locked.status !== 'submitted') return;
      await this.requests.save(change.tx, { ...locked, status: 'intended', nextQueryAt: null, leaseUntil: null });
    });
    await this.submit(request.id, false);
  }
}

/** An error on the way to the gateway leaves the outcome unknown. */
async function callSafely<T>(call: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await call();
  } catch (error) {
    return { kind: 'unknown', detail: error instanceof Error ? error.message : String(error) };
  }
}
