/**
 * Payment methods as gateway requests: each is checked for charging without the member (3.2.1). A good one starts the
 * trial that waited for it, or takes the place of the method before.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { canMoveCharge } from '../domain/charge-progress.js';
import { isLive } from '../domain/subscription.js';
import { Gateways } from '../gateway/payment-gateway.js';
import {
  RequestKinds,
  type Decided,
  type GatewayRequest,
  type Prepared,
  type RequestKind,
} from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { OpenCharge } from './open-charge.js';
import { StartTrial } from './start-trial.js';

@Injectable()
export class ValidationRequests implements RequestKind, OnModuleInit {
  readonly kind = 'validation';
  readonly ofCustomer = true;

  constructor(
    private readonly kinds: RequestKinds,
    private readonly requests: RequestStore,
    private readonly gateways: Gateways,
    private readonly mandates: MandateStore,
    private readonly openCharge: OpenCharge,
    private readonly startTrial: StartTrial,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  /** Records the authorization and the intent to validate it. `token`: the method as the storefront handed it over. */
  async open(change: Change, token: string): Promise<string> {
    // The member decides anew: what still waits for the method before is withdrawn.
    await this.requests.withdrawWaiting(change, { kind: 'validation' });
    askMember(change, null);
    const { name: gateway } = this.gateways.forNew;
    const { id } = await this.mandates.open(change.tx, change.subscription, { token, gateway }, change.now);
    await this.intend(change, { subjectId: id, attempt: 1, gateway });
    return id;
  }

  async isWanted({ tx, subscription }: Change, { subjectId }: GatewayRequest): Promise<boolean> {
    const mandate = await this.mandates.find(tx, subjectId);
    return isLive(subscription.status) && mandate?.status === 'pending';
  }

  async prepare(
    { tx, subscription }: Change,
    { subjectId }: GatewayRequest,
    { customer }: { customer: string },
  ): Promise<Prepared> {
    const mandate = await this.mandates.find(tx, subjectId);
    if (!isLive(subscription.status) || mandate?.status !== 'pending') return { kind: 'unwanted' };
    return { kind: 'order', order: { kind: 'validation', customer, method: mandate.token } };
  }

  async settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void> {
    const mandate = await this.mandates.find(change.tx, request.subjectId);
    const { subscription } = change;
    if (!isLive(subscription.status) || mandate?.status !== 'pending') return;
    askMember(change, outcome.kind === 'waiting_for_member' ? outcome.clientSecret : null);
    if (outcome.kind === 'declined' || outcome.kind === 'refused') return this.reject(change, mandate.id, outcome.code);
    if (outcome.kind === 'withdrawn') return this.reject(change, mandate.id, outcome.kind);
    if (outcome.kind !== 'succeeded' || outcome.method === null) return;
    await this.mandates.accept(change.tx, mandate, outcome.method, change.now);
    if (subscription.status === 'pending_payment') return this.startTrial.start(change);
    const { brand, last4 } = outcome.method;
    change.record('payment_method.replaced', '3.3.1', 'charges go through the new payment method from now on', {
      brand,
      last4,
    });
    const mayRetry = subscription.chargeProgress !== 'moving' && subscription.suspendedAt === null;
    if (subscription.status === 'past_due' && mayRetry) await this.openCharge.retry(change);
  }

  async again(change: Change, request: GatewayRequest): Promise<void> {
    if (!(await this.isWanted(change, request))) return;
    const { subjectId, attempt, gateway } = request;
    await this.intend(change, { subjectId, attempt: attempt + 1, gateway });
  }

  private async intend(change: Change, asked: { subjectId: string; attempt: number; gateway: string }): Promise<void> {
    const { subjectId, attempt } = asked;
    const reference = attempt === 1 ? `validation_${subjectId}` : `validation_${subjectId}_${attempt}`;
    await this.requests.intend(change, { kind: 'validation', reference, ...asked });
  }

  private async reject(change: Change, mandateId: string, code: string): Promise<void> {
    await this.mandates.reject(change.tx, mandateId, change.now);
    change.record('payment_method.rejected', '3.2.1', `the payment method cannot be used: ${code}`, { code });
    if (change.subscription.status !== 'pending_payment') return;
    change.end('abandon', 'payment_method_rejected');
    change.record('subscription.abandoned', '3.2.1', 'ended before it began: the payment method was rejected', {
      code,
    });
  }
}

/** What the member has to authenticate; while a payment waits for them, that is the payment. */
function askMember(change: Change, secret: string | null): void {
  if (canMoveCharge('authenticate', change.subscription.chargeProgress))
    change.moveCharge({ name: 'authenticate', secret });
}
